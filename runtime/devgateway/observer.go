package devgateway

import "time"

// Observer holds functions that are called, from several goroutines, when
// something has happened; those that are nil are left out. Each runs before the
// client hears of it, so that a test finds in its record what it has the answer
// to.
type Observer struct {
	// Completion is called once for each completion request, when its answer is
	// about to be sent, or when its client has left without one.
	Completion func(Completion)
	// Refresh is called when a background refresh has ended.
	Refresh func(Refresh)
	// Invalidation is called for each invalidation, when the entries are gone.
	Invalidation func(Invalidation)
}

// Completion is one completion request. Of a request that was refused, what had
// not been looked at yet is zero.
type Completion struct {
	Tenant    string        // empty for a request without a token
	Namespace string        // in hexadecimal; empty for a bypass
	Deps      []Dep         // as declared, each id once; nil if they could not be kept
	Body      []byte        // as received; not to be changed
	Stream    bool          // whether the body asks for a stream; false for a bypass
	Code      int           // the HTTP status, 499 if the client left
	Cache     Status        // empty if the gateway refused the request
	Age       time.Duration // of a hit, in whole seconds
	Uncached  error         // why deps that were declared made the request a bypass
}

// Refresh is one background refresh of a stale entry.
type Refresh struct {
	Tenant string
	Deps   []Dep // of the entry, sorted by id
	Err    error // why the stale entry was left in place, nil if it was replaced
}

// Invalidation is one invalidation that was carried out.
type Invalidation struct {
	Tenant      string
	DepID       string
	NewHash     string // a random UUID if the request had none
	KeysDeleted int
}

// Versioned reports whether the invalidation names a version of the data: a
// random UUID as its new hash means that the data has none.
func (i Invalidation) Versioned() bool { return !isRandom(i.NewHash) }

func (o Observer) completion(c Completion) {
	if o.Completion != nil {
		o.Completion(c)
	}
}

func (o Observer) refresh(r Refresh) {
	if o.Refresh != nil {
		o.Refresh(r)
	}
}

func (o Observer) invalidation(i Invalidation) {
	if o.Invalidation != nil {
		o.Invalidation(i)
	}
}
