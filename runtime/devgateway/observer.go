package devgateway

import (
	"time"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// Observer contains functions that the gateway calls, from several goroutines,
// when an event has happened. Functions that are nil are skipped. Each runs
// before the client gets its answer, so that a test that has an answer finds
// its event in the record.
type Observer struct {
	// Completion is called once for each completion request: before its answer
	// is sent, or when its client has left without an answer.
	Completion func(Completion)
	// Refresh is called when a background refresh has ended.
	Refresh func(Refresh)
	// Invalidation is called for each invalidation, after its entries were
	// removed.
	Invalidation func(Invalidation)
}

// Completion describes one completion request. If the gateway refused the
// request, the fields that it had not determined yet are zero.
type Completion struct {
	Tenant    string        // empty for a request without a token
	Namespace string        // in hexadecimal; empty for a bypass
	Deps      []Dep         // as declared, each id once; nil if they could not be kept
	Body      []byte        // as received; must not be changed
	Stream    bool          // whether the body asks for a stream; false for a bypass
	Code      int           // the HTTP status, 499 if the client left
	Cache     Status        // empty if the gateway refused the request
	Age       time.Duration // the age of a hit, in whole seconds
	Reason    string        // the detail of the answer's Cache-Status header, such as the reason of a miss
	Uncached  error         // the reason why declared deps made the request a bypass

	// Similarity is the similarity of the answered question: 1 of a HIT_L1, 0
	// of a new answer.
	Similarity float64
	// EntryDeps are the deps of the answer of a HIT_L2, sorted by id. They can
	// be others than Deps.
	EntryDeps []Dep
}

// Refresh describes one background refresh of a stale entry.
type Refresh struct {
	Tenant string
	Deps   []Dep // the entry's deps, sorted by id
	Err    error // the reason why the stale entry was not replaced, nil if it was
}

// Invalidation describes one completed invalidation.
type Invalidation struct {
	Tenant      string
	DepID       string
	NewHash     string // a random UUID if the request did not set it
	KeysDeleted int
}

// Versioned reports whether the invalidation names a version of the data. If
// its new hash is a random UUID, the data has no version.
func (i Invalidation) Versioned() bool { return !wire.IsRandom(i.NewHash) }

// observers are called in the order of the options.
type observers []Observer

func (all observers) completion(c Completion) {
	for _, o := range all {
		if o.Completion != nil {
			o.Completion(c)
		}
	}
}

func (all observers) refresh(r Refresh) {
	for _, o := range all {
		if o.Refresh != nil {
			o.Refresh(r)
		}
	}
}

func (all observers) invalidation(i Invalidation) {
	for _, o := range all {
		if o.Invalidation != nil {
			o.Invalidation(i)
		}
	}
}
