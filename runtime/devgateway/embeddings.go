package devgateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// embeddingsPath is the path of embeddings on an OpenAI-compatible server,
// below /v1.
const embeddingsPath = "/embeddings"

// maxEmbedding limits the size in bytes of an answer with one embedding.
const maxEmbedding = 1 << 20

// EmbeddingsAPI returns an embedder that asks an OpenAI-compatible server, such
// as Ollama, llama.cpp or Text Embeddings Inference, for embeddings of the
// model. The base URL may end in /v1 or omit it. One that ends in /embeddings
// is used unchanged. An empty model is left out of the requests, for servers
// that have only one. The key is sent as a bearer token unless it is empty. If
// rt is nil, EmbeddingsAPI uses http.DefaultTransport. It returns an error that
// describes the fault if the base URL is invalid.
func EmbeddingsAPI(base, model, key string, rt http.RoundTripper) (Embedder, error) {
	u, err := endpointURL("embeddings", base, key, embeddingsPath)
	if err != nil {
		return nil, err
	}
	if rt == nil {
		rt = http.DefaultTransport
	}
	return &embeddings{u, model, key, rt}, nil
}

type embeddings struct {
	url        *url.URL
	model, key string
	base       http.RoundTripper
}

// Embed implements [Embedder]. Its errors contain neither the text nor the key.
// They do not quote the server's answer, which could.
func (e *embeddings) Embed(ctx context.Context, text string) ([]float32, error) {
	body, err := json.Marshal(struct {
		Model string `json:"model,omitempty"`
		Input string `json:"input"`
	}{e.model, text})
	if err != nil {
		return nil, errors.New("the text cannot be encoded")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url.String(), bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the embeddings URL cannot be requested")
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}}
	if e.key != "" {
		req.Header.Set("Authorization", "Bearer "+e.key)
	}
	resp, err := e.base.RoundTrip(req)
	if err != nil {
		return nil, fmt.Errorf("ask the embeddings server: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxEmbedding))
	if err != nil {
		return nil, fmt.Errorf("read the embedding: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the embeddings server answered %d; %s", resp.StatusCode, e.fix(resp.StatusCode))
	}
	return embeddingIn(answer)
}

// fix returns what to do about an error of the server.
func (e *embeddings) fix(status int) string {
	switch {
	case status == http.StatusTooManyRequests:
		return "it limits requests; send fewer at once, or use a server of your own"
	case e.model == "" && (status == http.StatusBadRequest || status == http.StatusNotFound):
		return "it may need a model; set --similar-model, or the model argument of EmbeddingsAPI, and check the URL"
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return "check the key"
	case status == http.StatusNotFound:
		return "check the URL and the model"
	case status/100 == 3:
		return "give the gateway the server's final address"
	}
	return "see its log; the text may be too long for the model"
}

// embeddingIn returns the embedding in the server's answer.
func embeddingIn(answer []byte) ([]float32, error) {
	var list struct {
		Data []struct {
			Embedding []float32 `json:"embedding"`
		} `json:"data"`
	}
	if err := json.Unmarshal(answer, &list); err != nil || len(list.Data) != 1 {
		return nil, errors.New("the embeddings server did not answer with one embedding in OpenAI's format; check the URL")
	}
	return list.Data[0].Embedding, nil
}
