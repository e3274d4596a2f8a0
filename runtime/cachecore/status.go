package cachecore

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Status says where an answer came from.
type Status string

// The values of the X-Cache header, and Unknown where it has none of them.
const (
	HitL1      Status = "HIT_L1"       // an answer to the same bytes
	HitL1Stale Status = "HIT_L1_STALE" // the same, past its fresh time; the gateway refreshes it
	HitL2      Status = "HIT_L2"       // an answer to a question of like meaning
	Miss       Status = "MISS"         // a new answer
	Bypass     Status = "BYPASS"       // a new answer that was not looked up and is not kept
	Unknown    Status = "UNKNOWN"
)

// CacheStatus is what a gateway said of one response.
type CacheStatus struct {
	Status     Status
	Similarity float64       // 0 to 1: 1 for an L1 hit, 0 for a miss and a bypass
	Age        time.Duration // since the answer was made, in whole seconds; 0 for a miss and a bypass

	// Err is why the client itself sent the request as a bypass although deps
	// were declared for it: one was invalid, or they did not fit. Otherwise
	// nil.
	Err error
}

// Hit reports whether the answer came from the cache.
func (s CacheStatus) Hit() bool {
	return s.Status == HitL1 || s.Status == HitL1Stale || s.Status == HitL2
}

// Names of the headers of the wire protocol, in canonical form.
const (
	headerToken      = "X-Cachecore-Token"
	headerDeps       = "X-Cachecore-Deps"
	headerCache      = "X-Cache"
	headerSimilarity = "X-Cache-Similarity"
	headerAge        = "X-Cache-Age"
)

// ParseStatus reads the gateway's headers of a response. Of several X-Cache
// values, as a CDN in front makes them, the last that is known counts. Without
// one the status is Unknown; a number that does not parse is 0.
func ParseStatus(h http.Header) CacheStatus {
	s := CacheStatus{Status: statusOf(h)}
	if v, err := strconv.ParseFloat(h.Get(headerSimilarity), 64); err == nil && v >= 0 && v <= 1 {
		s.Similarity = v
	}
	if v, err := strconv.ParseUint(h.Get(headerAge), 10, 32); err == nil {
		s.Age = time.Duration(v) * time.Second
	}
	return s
}

func statusOf(h http.Header) Status {
	status := Unknown
	for _, line := range h[headerCache] {
		for value := range strings.SplitSeq(line, ",") {
			switch v := Status(strings.TrimSpace(value)); v {
			case HitL1, HitL1Stale, HitL2, Miss, Bypass:
				status = v
			}
		}
	}
	return status
}

// maxStatuses bounds the statuses that a Call keeps.
const maxStatuses = 256

// Call collects the cache statuses of the requests made with one context, for
// SDKs that hide response headers. It is made by [WithCall] and safe for
// concurrent use: retries, redirects, tool loops and background refreshes add
// to it, some of them after the call that the SDK made has returned. It keeps
// the latest 256 statuses.
type Call struct {
	outer *Call

	mu       sync.Mutex
	statuses []CacheStatus
}

// Status returns the latest status. Before there is one it is Unknown.
func (c *Call) Status() CacheStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.statuses) == 0 {
		return CacheStatus{Status: Unknown}
	}
	return c.statuses[len(c.statuses)-1]
}

// Statuses returns a copy of the statuses kept, the oldest first. Responses
// without a known X-Cache value, such as those of an SDK's token refresh, have
// none.
func (c *Call) Statuses() []CacheStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]CacheStatus(nil), c.statuses...)
}

// add records s here and in the calls around this one.
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
