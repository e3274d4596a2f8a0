package sdk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/anthropics/anthropic-sdk-go/v2"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
	"google.golang.org/genai"

	"github.com/depgen/depgen/internal/testfail"
	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/interop/internal/conformance"
	"github.com/depgen/depgen/runtime/interop/internal/loopback"
)

// These tests check the statements of docs/sdks.md about single SDKs.

// client returns a client for the url. If a gateway is given, it answers the
// client's requests in memory.
func client(t *testing.T, url string, gateway ...roundTripper) *cachecore.Client {
	t.Helper()
	var opts []cachecore.Option
	for _, g := range gateway {
		opts = append(opts, cachecore.WithBaseTransport(g))
	}
	c, err := cachecore.New(url, "token", opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Transport().CloseIdleConnections)
	return c
}

// roundTripper is a function that implements [http.RoundTripper].
type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements [http.RoundTripper].
func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func refuse(w http.ResponseWriter, _ loopback.Request) { w.WriteHeader(http.StatusBadRequest) }

func TestAnthropicAddsV1Itself(t *testing.T) {
	t.Parallel()
	gateway := loopback.NewServer(t, refuse)
	llm, err := newAnthropic(client(t, gateway.URL), gateway.URL+"/v1", "key")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := llm.Ask(t.Context(), "What notice?"); err == nil {
		t.Errorf("answer is %q", text)
	}
	if got := gateway.Exactly(t, 1)[0].Path; got != "/v1/v1/messages" {
		t.Errorf("path is %s", got)
	}
}

// The Responses API is tagged like all others; the local gateway does not
// support it.
func TestOpenAIResponses(t *testing.T) {
	t.Parallel()
	dep := cachecore.NewDep("doc:1")
	ask := func(c *cachecore.Client, url string) error {
		llm := openai.NewClient(option.WithBaseURL(url+"/v1"), option.WithHTTPClient(c.HTTPClient()), option.WithAPIKey("key"))
		_, err := llm.Responses.New(cachecore.WithDeps(t.Context(), dep), responses.ResponseNewParams{
			Model: "gpt-4o",
			Input: responses.ResponseNewParamsInputUnion{OfString: openai.String("What notice?")},
		})
		return err
	}
	server := loopback.NewServer(t, refuse)
	if err := ask(client(t, server.URL), server.URL); err == nil {
		t.Error("a refusal passes for an answer")
	}
	got := server.Exactly(t, 1)[0]
	if deps := got.Deps(t); got.Path != "/v1/responses" || len(deps) != 1 || deps[0].ID != "doc:1" || got.Header.Get("X-Cachecore-Token") == "" {
		t.Errorf("%s with deps %v", got.Path, deps)
	}
	gateway := cachecoretest.NewGateway(t)
	if err := ask(gateway.Client(), gateway.URL()); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("the local gateway: %v", err)
	}
}

// TestStableBytes shows which SDKs write the same bytes for the same call, and
// what RequireStable reports of one that does not.
func TestStableBytes(t *testing.T) {
	t.Parallel()
	t.Run("openai-go", func(t *testing.T) {
		t.Parallel()
		gateway := cachecoretest.NewGateway(t)
		llm, err := newOpenAI(gateway.Client(), gateway.URL(), "key")
		if err != nil {
			t.Fatal(err)
		}
		gateway.RequireStable(t, func() {
			if _, err := llm.Ask(t.Context(), "What notice?"); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("anthropic-sdk-go", func(t *testing.T) {
		t.Parallel()
		gateway := cachecoretest.NewGateway(t, cachecoretest.WithUpstream(roundTripper(messagesUpstream)))
		sdk, err := newAnthropic(gateway.Client(cachecore.WithBaseTransport(roundTripper(asCompletion))), gateway.URL(), "key")
		if err != nil {
			t.Fatal(err)
		}
		llm, ok := sdk.(claude)
		if !ok {
			t.Fatalf("it is a %T", sdk)
		}
		ask := func(extra map[string]any) func() {
			params := llm.params("What notice?")
			params.Tools = []anthropic.ToolUnionParam{{OfTool: &anthropic.ToolParam{
				Name: "look_up", InputSchema: anthropic.ToolInputSchemaParam{ExtraFields: extra},
			}}}
			return func() {
				if _, err := llm.Messages.New(t.Context(), params); err != nil {
					t.Error(err)
				}
			}
		}
		gateway.RequireStable(t, ask(map[string]any{"a": 1}))
		failing := testfail.Message(t, func(tb testing.TB) {
			gateway.RequireStable(tb, ask(map[string]any{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8}))
		})
		if !strings.Contains(failing, "request 1: other bytes: tools[0].input_schema") {
			t.Errorf("RequireStable reports %q", failing)
		}
	})
}

// asCompletion sends a request of Anthropic's API to the path of chat
// completions. The local gateway knows no other, and reads no more of a body
// than both APIs have.
func asCompletion(req *http.Request) (*http.Response, error) {
	out := req.Clone(req.Context())
	out.URL.Path = "/v1/chat/completions"
	return http.DefaultTransport.RoundTrip(out)
}

// messagesUpstream answers as both APIs do.
func messagesUpstream(req *http.Request) (*http.Response, error) {
	return respond(req, http.StatusOK, `{"type":"message","content":[{"type":"text","text":"30 days"}],"choices":[{}]}`), nil
}

func TestAnthropicWaitsAsLongAsItIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		gateway := func(req *http.Request) (*http.Response, error) {
			if time.Since(begun) == 0 {
				return respond(req, http.StatusTooManyRequests, "{}"), nil
			}
			return respond(req, http.StatusOK, `{"type":"message","content":[{"type":"text","text":"30 days"}]}`), nil
		}
		llm, err := newAnthropic(client(t, "http://gateway.test", gateway), "http://gateway.test", "key")
		if err != nil {
			t.Fatal(err)
		}
		if text, err := llm.Ask(t.Context(), "What notice?"); err != nil || text != "30 days" {
			t.Errorf("answer is %q, %v", text, err)
		}
		if waited := time.Since(begun); waited != time.Hour {
			t.Errorf("it waited %s of the hour that it was told", waited)
		}
	})
}

// respond answers in memory, and asks the client not to retry for an hour.
func respond(req *http.Request, code int, body string) *http.Response {
	return &http.Response{
		StatusCode: code, Request: req, Body: io.NopCloser(strings.NewReader(body)),
		Header: http.Header{"Content-Type": {"application/json"}, "Retry-After": {"3600"}},
	}
}

func TestLangChainTurnsErrorsIntoText(t *testing.T) {
	t.Parallel()
	gateway := func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }
	for name, tt := range map[string]struct {
		build func(*cachecore.Client, string, string) (conformance.SDK, error)
		kept  bool
	}{
		"langchaingo": {newLangChain, false},
		"go-openai":   {newGoOpenAI, true},
		"eino":        {newEino, true},
		"genai":       {newGenAI, true},
	} {
		llm, err := tt.build(client(t, "http://gateway.test", gateway), "http://gateway.test", "key")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := llm.Ask(t.Context(), "What notice?"); err == nil || errors.Is(err, io.ErrUnexpectedEOF) != tt.kept {
			t.Errorf("%s: error is %v; the cause is in its chain: want %t", name, err, tt.kept)
		}
	}
}

func TestLangChainReadsNoLongLines(t *testing.T) {
	t.Parallel()
	text := bytes.Repeat([]byte("x"), 70_000)
	gateway := loopback.NewServer(t, func(w http.ResponseWriter, _ loopback.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\ndata: [DONE]\n\n", text)
	})
	llm, err := newLangChain(client(t, gateway.URL), gateway.URL, "key")
	if err != nil {
		t.Fatal(err)
	}
	err = llm.Stream(t.Context(), "What notice?", func(string) {})
	if err == nil || !strings.Contains(err.Error(), "token too long") {
		t.Errorf("error is %v", err)
	}
}

func TestGenAIStreamIsSentWhenRangedOver(t *testing.T) {
	t.Parallel()
	gateway := loopback.NewServer(t, refuse)
	sdk, err := newGenAI(client(t, gateway.URL), gateway.URL, "key")
	if err != nil {
		t.Fatal(err)
	}
	llm, ok := sdk.(gemini)
	if !ok {
		t.Fatalf("it is a %T", sdk)
	}
	stream := llm.Models.GenerateContentStream(t.Context(), "gemini-2.5-flash", genai.Text("What notice?"), nil)
	gateway.Exactly(t, 0)
	for range 2 {
		for _, err := range stream {
			if err == nil {
				t.Error("a 400 is no error")
			}
		}
	}
	gateway.Exactly(t, 2)
}

func TestEmptyKey(t *testing.T) {
	for name, build := range map[string]func(*cachecore.Client, string, string) (conformance.SDK, error){
		"langchaingo": newLangChain, "genai": newGenAI,
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range []string{"OPENAI_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY"} {
				t.Setenv(variable, "") // the SDKs would read these next
			}
			if _, err := build(client(t, "http://127.0.0.1"), "http://127.0.0.1", ""); err == nil {
				t.Error("an empty key is no error")
			}
		})
	}
}
