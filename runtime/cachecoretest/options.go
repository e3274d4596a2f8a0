package cachecoretest

import (
	"net/http"

	"github.com/depgen/depgen/runtime/devgateway"
)

// settings are what the options set.
type settings struct {
	allowDegraded bool
	upstream      http.RoundTripper
	engine        []devgateway.Option
}

// RecorderOption configures [NewRecorder].
type RecorderOption interface{ applyToRecorder(*settings) }

// GatewayOption configures [NewGateway].
type GatewayOption interface{ applyToGateway(*settings) }

// Option configures both.
type Option interface {
	RecorderOption
	GatewayOption
}

type option func(*settings)

func (o option) applyToRecorder(s *settings) { o(s) }
func (o option) applyToGateway(s *settings)  { o(s) }

type gatewayOption func(*settings)

func (o gatewayOption) applyToGateway(s *settings) { o(s) }

// AllowDegraded lets the test send requests uncached against their declaration.
// Defaults to failing the test at its end.
func AllowDegraded() Option {
	return option(func(s *settings) { s.allowDegraded = true })
}

// WithUpstream sets what answers the requests that no scripted answer is left for.
// Defaults to [devgateway.Echo], which answers chat completions.
func WithUpstream(rt http.RoundTripper) Option {
	return option(func(s *settings) { s.upstream = rt })
}

// WithEngine passes options to the local gateway, for example
// [devgateway.WithStrictHash]. Defaults to none. Its secret, clock, upstream and
// observer are the Gateway's own.
func WithEngine(opts ...devgateway.Option) GatewayOption {
	return gatewayOption(func(s *settings) { s.engine = append(s.engine, opts...) })
}
