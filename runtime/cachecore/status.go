package cachecore

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// Status tells where an answer came from.
type Status string

// The values of the X-Cache header. Unknown means that it has no known value.
const (
	HitL1      Status = wire.HitL1      // an answer to the same bytes
	HitL1Stale Status = wire.HitL1Stale // the same, past its fresh time; the gateway refreshes it
	HitL2      Status = wire.HitL2      // an answer to a question of like meaning
	Miss       Status = wire.Miss       // a new answer
	Bypass     Status = wire.Bypass     // a new answer that was not looked up and is not kept
	Unknown    Status = "UNKNOWN"
)

// CacheStatus is the cache status of one response: the values of the gateway's
// headers, and the reason if the client itself made the request a bypass.
type CacheStatus struct {
	Status     Status
	Similarity float64       // 0 to 1: 1 for an L1 hit, 0 for a miss and a bypass
	Age        time.Duration // since the answer was made, in whole seconds; 0 for a miss and a bypass

	// Refused reports that the client discarded a HIT_L2: see [ExactOnly].
	Refused bool

	// Err is the reason why the client sent the request as a bypass although it
	// had deps: one was invalid, one id had two hashes, they did not fit into
	// the header, a header written by hand could not be read, or the
	// transaction of the request has changed one ([ErrUncommitted]). For a
	// request with or without deps, it may also be [ErrNoGetBody]. Otherwise it
	// is nil.
	Err error
}

// String returns the status, such as "HIT_L1".
func (s CacheStatus) String() string { return string(s.Status) }

// Hit reports whether the caller got an answer from the cache. It returns false
// for one that the client refused.
func (s CacheStatus) Hit() bool {
	return s.Status == HitL1 || s.Status == HitL1Stale || s.Status == HitL2 && !s.Refused
}

// ParseStatus parses the gateway's headers of a response. If a CDN has added
// X-Cache values of its own, the last known value counts. The status is Unknown
// without a known value. A number that does not parse is 0.
func ParseStatus(h http.Header) CacheStatus {
	s := CacheStatus{Status: statusOf(h)}
	if v, err := strconv.ParseFloat(h.Get(wire.HeaderSimilarity), 64); err == nil && v >= 0 && v <= 1 {
		s.Similarity = v
	}
	if v, err := strconv.ParseUint(h.Get(wire.HeaderAge), 10, 32); err == nil {
		s.Age = time.Duration(v) * time.Second
	}
	return s
}

func statusOf(h http.Header) Status {
	status := Unknown
	for _, line := range h[wire.HeaderStatus] {
		for value := range strings.SplitSeq(line, ",") {
			switch v := Status(strings.TrimSpace(value)); v {
			case HitL1, HitL1Stale, HitL2, Miss, Bypass:
				status = v
			}
		}
	}
	return status
}

// maxStatuses limits the statuses that a Call keeps.
const maxStatuses = 256

// Call collects the cache statuses of the requests made with one context, for
// SDKs that hide response headers. It keeps the latest 256 statuses. Retries,
// redirects, tool loops and background refreshes add to it, some of them after
// the SDK's call has returned. [WithCall] returns it. It is safe for concurrent
// use.
type Call struct {
	outer *Call

	mu       sync.Mutex
	statuses []CacheStatus
}

// Status returns the latest status, or Unknown before the first.
func (c *Call) Status() CacheStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.statuses) == 0 {
		return CacheStatus{Status: Unknown}
	}
	return c.statuses[len(c.statuses)-1]
}

// Statuses returns a copy of the statuses kept, the oldest first. A response
// without a known X-Cache value adds no status, such as that of an SDK's token
// refresh, unless the client itself made the request a bypass.
func (c *Call) Statuses() []CacheStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]CacheStatus(nil), c.statuses...)
}

// add records s in this call and in the calls that contain it.
func (c *Call) add(s CacheStatus) {
	for ; c != nil; c = c.outer {
		c.mu.Lock()
		if len(c.statuses) == maxStatuses {
			c.statuses = c.statuses[:copy(c.statuses, c.statuses[1:])]
		}
		c.statuses = append(c.statuses, s)
		c.mu.Unlock()
	}
}
