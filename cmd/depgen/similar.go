package main

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/depgen/depgen/runtime/devgateway"
)

const (
	similarKeyEnv    = "DEPGEN_SIMILAR_KEY"
	similarOff       = "off"
	similarLexical   = "lexical"
	similarThreshold = 0.92
)

const similarLong = `With --similar, the gateway answers similar questions from its cache too (HIT_L2), like
the hosted gateway. "lexical" compares words and needs no model. A URL is that of an
OpenAI-compatible server with /v1/embeddings, such as Ollama, which receives the user
messages of all requests that are not exact hits. The gateway calls it with the key in
` + similarKeyEnv + `. If that is empty, it uses ` + keyEnv + `, but only
if the server is the one of --upstream.`

// similarFlags are the flags of HIT_L2.
type similarFlags struct {
	name, model string
	threshold   float64
	changed     func(flag string) bool
}

func (f *similarFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.changed = flags.Changed
	flags.StringVar(&f.name, "similar", similarOff, `compares questions: "off", "lexical", or the URL of an OpenAI-compatible server`)
	flags.StringVar(&f.model, "similar-model", "", "embedding model of that server")
	flags.Float64Var(&f.threshold, "similar-threshold", similarThreshold, "similarity that a hit needs, above 0 and at most 1")
	nameValue(cmd, "similar", "off|lexical|URL")
	nameValue(cmd, "similar-model", "model")
	nameValue(cmd, "similar-threshold", "similarity")
	_ = cmd.RegisterFlagCompletionFunc("similar", cobra.FixedCompletions([]string{similarOff, similarLexical}, cobra.ShellCompDirectiveNoFileComp)) // an error means that it is registered
}

// option returns the gateway's option, nil if it is off.
func (f *similarFlags) option(upstream string) (devgateway.Option, error) {
	remote := f.name != similarOff && f.name != similarLexical
	switch {
	case remote && !strings.Contains(f.name, "://"):
		return nil, fmt.Errorf("--similar is not %s, %s or a URL; write a URL as https://host/v1", similarOff, similarLexical)
	case math.IsNaN(f.threshold) || f.threshold <= 0 || f.threshold > 1:
		return nil, fmt.Errorf("--similar-threshold %v is not above 0 and at most 1; leave it out for %v", f.threshold, similarThreshold)
	case f.model != "" && !remote:
		return nil, fmt.Errorf("--similar-model needs a server; give its URL with --similar, in place of %s", f.name)
	case f.name == similarOff && f.changed("similar-threshold"):
		return nil, fmt.Errorf("--similar-threshold has no effect if --similar is %s; add --similar %s or a URL", similarOff, similarLexical)
	case f.name == similarOff:
		return nil, nil
	case f.name == similarLexical:
		return devgateway.WithSimilar(devgateway.Lexical(), f.threshold), nil
	}
	embedder, err := devgateway.EmbeddingsAPI(f.name, f.model, similarKey(f.name, upstream), http.DefaultTransport)
	if err != nil {
		return nil, fmt.Errorf("--similar: %w", err)
	}
	return devgateway.WithSimilar(embedder, f.threshold), nil
}

// similarKey returns the key for the embeddings server. The key of the upstream
// must not reach another server.
func similarKey(server, upstream string) string {
	if key := strings.TrimSpace(os.Getenv(similarKeyEnv)); key != "" {
		return key
	}
	if origin(server) != origin(upstream) {
		return ""
	}
	return strings.TrimSpace(os.Getenv(keyEnv))
}

// origin returns the scheme, host and port of a URL, or the text itself if it
// is not a URL.
func origin(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return text
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}
