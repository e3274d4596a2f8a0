package otelcachecore

import (
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
)

// Option configures [NewObserver].
type Option interface{ apply(*config) error }

type option func(*config) error

func (o option) apply(c *config) error { return o(c) }

// config contains the values that the options set.
type config struct{ meters metric.MeterProvider }

// WithMeterProvider sets the provider of the metrics' meter. Defaults to
// [otel.GetMeterProvider].
func WithMeterProvider(p metric.MeterProvider) Option {
	return option(func(c *config) error {
		if p == nil {
			return errors.New("WithMeterProvider: the provider is nil; leave the option out for the global one")
		}
		c.meters = p
		return nil
	})
}

func newConfig(opts []Option) (config, error) {
	c := config{meters: otel.GetMeterProvider()}
	var errs []error
	for _, o := range opts {
		if o == nil {
			errs = append(errs, errors.New("an option is nil"))
			continue
		}
		errs = append(errs, o.apply(&c))
	}
	return c, errors.Join(errs...)
}
