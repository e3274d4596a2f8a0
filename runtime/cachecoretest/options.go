package cachecoretest

import (
	"net/http"

	"github.com/depgen/depgen/runtime/devgateway"
)

// settings contains the values that the options set.
type settings struct {
	allowDegraded bool
	allowCrossing bool
	hasModel      bool // WithUpstream was given
	upstream      http.RoundTripper
	engine        []devgateway.Option
}

// model returns the upstream. It fails the test if WithUpstream was given nil.
func (s *settings) model(tb testingT) upstream {
	tb.Helper()
	switch {
	case !s.hasModel:
		return upstream{devgateway.Echo()}
	case s.upstream == nil:
		tb.Fatalf("cachecoretest: WithUpstream: the RoundTripper is nil; leave the option out for answers of devgateway.Echo")
	}
	return upstream{s.upstream}
}

// RecorderOption configures [NewRecorder].
type RecorderOption interface{ applyToRecorder(*settings) }

// GatewayOption configures [NewGateway].
type GatewayOption interface{ applyToGateway(*settings) }

// Option configures both a [Recorder] and a [Gateway].
type Option interface {
	RecorderOption
	GatewayOption
}

type option func(*settings)

func (o option) applyToRecorder(s *settings) { o(s) }
func (o option) applyToGateway(s *settings)  { o(s) }

type gatewayOption func(*settings)

func (o gatewayOption) applyToGateway(s *settings) { o(s) }

// AllowDegraded lets the test send requests with deps uncached. By default,
// they fail the test at its end.
func AllowDegraded() Option {
	return option(func(s *settings) { s.allowDegraded = true })
}

// WithUpstream sets the transport that answers the requests without a scripted
// answer. A response without a header or a body gets an empty one. Defaults to
// [devgateway.Echo], which answers chat completions.
func WithUpstream(rt http.RoundTripper) Option {
	return option(func(s *settings) { s.hasModel, s.upstream = true, rt })
}

// upstream is the RoundTripper set by WithUpstream.
type upstream struct{ http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (u upstream) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := u.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	// A stub may leave out fields that an http.Transport always sets.
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	return resp, nil
}

// WithEngine passes options to the local gateway, for example
// [devgateway.WithStrictHash]. The Gateway sets the secret, clock, upstream and
// observer itself. Defaults to no options.
func WithEngine(opts ...devgateway.Option) GatewayOption {
	return gatewayOption(func(s *settings) { s.engine = append(s.engine, opts...) })
}
