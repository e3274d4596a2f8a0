package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/depgen/depgen/runtime/devgateway"
)

const (
	secretEnv  = "DEPGEN_JWT_SECRET"
	keyEnv     = "OPENAI_API_KEY"
	localAddr  = "127.0.0.1:8080"
	echoName   = "echo"
	demoTenant = "dev"
)

const gatewayLong = `Run a local gateway that speaks the wire protocol of the hosted gateway, to work
without a network, a key or an account.

The gateway answers POST /v1/chat/completions, POST /v1/invalidate and GET /healthz.
Tokens are HS256 JWTs, signed with the secret in ` + secretEnv + `. Without one,
the gateway makes a secret that lasts until it ends, and prints a token to use. For a
secret of your own, make tokens with "gateway token". Everyone who can list processes
can read a secret in --jwt-secret: prefer the environment.

The upstream "echo" repeats the last message with a running number. Any other upstream
is the URL of an OpenAI-compatible server. The gateway calls it with the key in
` + keyEnv + ` or, if that is empty, with the client's key.

` + similarLong + `

With --ui, the page at /debug/ shows the latest requests and why each was a hit or a
miss, to this machine only. It needs no token: every user of the machine can read the
start of prompts there.

The cache is in memory. The gateway logs one line per request to stderr, without
tokens and prompts. On SIGINT or SIGTERM it completes the answers in progress and
exits 0.`

const gatewayExample = `  # Without a network: answers are echoes
  depgen gateway

  # In front of a real server
  OPENAI_API_KEY=… depgen gateway --upstream https://api.openai.com/v1

  # With answers to similar questions, compared by words or by a model
  depgen gateway --similar lexical
  depgen gateway --similar http://127.0.0.1:11434/v1 --similar-model all-minilm`

type gatewayFlags struct {
	addr, secret, upstream string
	strictHash, ui         bool
	cacheBytes             int64
	similar                similarFlags
}

func newGatewayCommand() *cobra.Command {
	var f gatewayFlags
	cmd := &cobra.Command{
		Use:     "gateway",
		Short:   "Run a local gateway",
		Long:    gatewayLong,
		Example: gatewayExample,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("jwt-secret") && f.secret == "" {
				return errors.New("--jwt-secret is empty; leave it out to have one made")
			}
			if f.addr == "" { // net would listen on every interface
				return errors.New("--addr is empty; leave it out for " + localAddr)
			}
			if f.cacheBytes <= 0 {
				return fmt.Errorf("--cache-bytes %d is not positive; leave it out for the default", f.cacheBytes)
			}
			return runGateway(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "addr", localAddr, "address to listen on; port 0 picks a free port")
	cmd.PersistentFlags().StringVar(&f.secret, "jwt-secret", "", "secret that signs tokens, in place of "+secretEnv)
	flags.StringVar(&f.upstream, "upstream", echoName, `server for cache misses: "echo", or the URL of an OpenAI-compatible server`)
	flags.BoolVar(&f.strictHash, "strict-hash", false, `compare the default hash "v1" with a dep's current hash too`)
	flags.BoolVar(&f.ui, "ui", false, "serve a page that shows requests, entries and invalidations, at /debug/")
	flags.Int64Var(&f.cacheBytes, "cache-bytes", 64<<20, "memory for cached answers")
	f.similar.add(cmd)
	nameValue(cmd, "addr", "host:port")
	nameValue(cmd, "jwt-secret", "secret")
	nameValue(cmd, "upstream", "URL")
	nameValue(cmd, "cache-bytes", "bytes")
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	cmd.AddCommand(newGatewayTokenCommand(&f.secret))
	return cmd
}

// runGateway serves until ctx is done.
func runGateway(ctx context.Context, f gatewayFlags, stdout, stderr io.Writer) error {
	secret, made := f.secret, false
	if secret == "" {
		secret = os.Getenv(secretEnv)
	}
	if secret == "" {
		secret, made = rand.Text()+rand.Text(), true
	}
	upstream, err := gatewayUpstream(f.upstream)
	if err != nil {
		return err
	}
	options := []devgateway.Option{
		devgateway.WithSecret([]byte(secret)),
		devgateway.WithUpstream(upstream),
		devgateway.WithStrictHash(f.strictHash),
		devgateway.WithCacheBytes(f.cacheBytes),
		devgateway.WithLogger(slog.New(slog.NewTextHandler(stderr, nil))),
	}
	similar, err := f.similar.option(f.upstream)
	if err != nil {
		return err
	}
	if similar != nil {
		options = append(options, similar)
	}
	if f.ui {
		options = append(options, devgateway.WithDebugPage())
	}
	gateway, err := devgateway.New(options...)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", f.addr)
	if err != nil {
		return fmt.Errorf("%w; name another address with --addr", err)
	}
	if !isLoopback(listener.Addr()) {
		fmt.Fprintf(stderr, "depgen: warning: %s can be reached from other machines, which could use the upstream without a token; the default is --addr %s\n",
			listener.Addr(), localAddr)
	}
	if err := greet(stdout, listener.Addr(), f, secret, made); err != nil {
		listener.Close()
		return err
	}
	return gateway.Serve(ctx, listener)
}

func gatewayUpstream(name string) (http.RoundTripper, error) {
	if name == echoName {
		return devgateway.Echo(), nil
	}
	upstream, err := devgateway.Forward(name, strings.TrimSpace(os.Getenv(keyEnv)), nil)
	if err != nil {
		return nil, fmt.Errorf("--upstream: %w", err)
	}
	return upstream, nil
}

func isLoopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// pageURL returns the URL of the debug page, which answers loopback addresses
// only.
func pageURL(addr net.Addr) (string, error) {
	tcp, ok := addr.(*net.TCPAddr)
	switch {
	case ok && tcp.IP.IsLoopback():
		return "http://" + addr.String() + "/debug/", nil
	case ok && tcp.IP.IsUnspecified():
		return fmt.Sprintf("http://localhost:%d/debug/", tcp.Port), nil
	}
	return "", fmt.Errorf("--ui: %s is not a loopback address, and the page answers no other; use --addr %s", addr, localAddr)
}

// greet prints the gateway's address, that of its debug page if it has one and,
// if the secret was made, how to use it.
func greet(w io.Writer, addr net.Addr, f gatewayFlags, secret string, made bool) error {
	url := "http://" + addr.String()
	text := fmt.Sprintf("gateway: %s\nupstream: %s\n", url, f.upstream)
	if f.ui {
		page, err := pageURL(addr)
		if err != nil {
			return err
		}
		text += "debug page: " + page + "\n"
	}
	if f.similar.name != similarOff {
		text += fmt.Sprintf("similar: %s, from %v\n", f.similar.name, f.similar.threshold)
	}
	if made {
		token, err := devgateway.Mint([]byte(secret), devgateway.Claims{Tenant: demoTenant})
		if err != nil {
			return err
		}
		text += fmt.Sprintf(`
This token is good for tenant %q until the gateway ends:

export CACHECORE_URL=%s
export CACHECORE_TOKEN=%s

curl -i $CACHECORE_URL/v1/chat/completions \
  -H "Authorization: Bearer $CACHECORE_TOKEN" -H "Content-Type: application/json" \
  -d '{"model":"echo","messages":[{"role":"user","content":"hello"}]}'
`, demoTenant, url, token)
	}
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("print the address: %w", err)
	}
	return nil
}
