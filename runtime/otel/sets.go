package otelcachecore

import (
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/depgen/depgen/runtime/cachecore"
)

// The attributes of metrics and spans. error.type is that of OpenTelemetry's
// semantic conventions.
const (
	attrStatus    = attribute.Key("cachecore.status")
	attrKind      = attribute.Key("cachecore.kind")
	attrCause     = attribute.Key("cachecore.cause")
	attrReason    = attribute.Key("cachecore.bypass.reason")
	attrCoarsened = attribute.Key("cachecore.coarsened")
	attrFailure   = attribute.Key("error.type")

	// Only spans have these.
	attrKinds = attribute.Key("cachecore.kinds")
	attrDeps  = attribute.Key("cachecore.deps")
	attrAge   = attribute.Key("cachecore.age")
)

// family is a group of metrics that have the same attributes.
type family int

const (
	requests family = iota
	requestKinds
	invalidations
	durations
	work       // attempts and answers
	background // also of given_up
)

// key contains the values of a set of attributes.
type key struct {
	of        family
	kind      string
	status    cachecore.Status
	cause     cachecore.Cause
	reason    string
	failure   string
	coarsened bool
}

func (k key) attributes() []attribute.KeyValue {
	var out []attribute.KeyValue
	switch k.of {
	case requests:
		out = append(out, attrStatus.String(string(k.status)), attrCoarsened.Bool(k.coarsened))
	case requestKinds:
		out = append(out, attrKind.String(k.kind), attrStatus.String(string(k.status)))
	case invalidations, work:
		out = append(out, attrKind.String(k.kind), attrCause.String(string(k.cause)))
	case durations:
		out = append(out, attrKind.String(k.kind))
	case background:
		out = append(out, attrCause.String(string(k.cause)))
	}
	if k.reason != "" {
		out = append(out, attrReason.String(k.reason))
	}
	if k.failure != "" {
		out = append(out, attrFailure.String(k.failure))
	}
	return out
}

// maxSets limits the sets that are kept. Further ones are made each time.
const maxSets = 4096

// set is a set of attributes as the options of a measurement, in slices that
// can be passed on without an allocation.
type set struct {
	add    []metric.AddOption
	record []metric.RecordOption
}

func newSet(k key) set {
	o := metric.WithAttributeSet(attribute.NewSet(k.attributes()...))
	return set{[]metric.AddOption{o}, []metric.RecordOption{o}}
}

// sets contains the sets that were used.
type sets struct {
	mu   sync.RWMutex
	kept map[key]set
}

func (s *sets) get(k key) set {
	s.mu.RLock()
	have, ok := s.kept[k]
	s.mu.RUnlock()
	if ok {
		return have
	}
	made := newSet(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kept == nil {
		s.kept = map[key]set{}
	}
	if len(s.kept) < maxSets {
		s.kept[k] = made
	}
	return made
}
