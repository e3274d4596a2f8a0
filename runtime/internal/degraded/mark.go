// Package degraded tells package cachecoretest about requests that a client in
// this process sends uncached although they have deps. A gateway cannot tell by
// itself: they arrive as a bypass.
package degraded

import (
	"crypto/rand"
	"net/http"
	"sync"
)

// header carries a mark from a client to package cachecoretest, through proxies
// and under any name of the host. Clients send it only while a test in their
// process listens.
const header = "X-Cachecore-Test-Degraded"

// maxMarks limits the marks that never arrive.
const maxMarks = 10_000

var marks struct {
	mu        sync.Mutex
	listening int
	reasons   map[string]error // by the header's value
}

// Listen enables [Mark] until stop is called.
func Listen() (stop func()) {
	marks.mu.Lock()
	defer marks.mu.Unlock()
	marks.listening++
	return func() {
		marks.mu.Lock()
		defer marks.mu.Unlock()
		if marks.listening--; marks.listening == 0 {
			marks.reasons = nil
		}
	}
}

// Mark marks a request as sent uncached because of reason, if a test in this
// process listens.
func Mark(h http.Header, reason error) {
	marks.mu.Lock()
	defer marks.mu.Unlock()
	if marks.listening == 0 || len(marks.reasons) >= maxMarks {
		return
	}
	if marks.reasons == nil {
		marks.reasons = map[string]error{}
	}
	id := rand.Text() // carries no part of the reason to other hosts
	marks.reasons[id] = reason
	h.Set(header, id)
}

// Take removes the mark from a request's headers and returns its reason. It
// returns nil for a request without a mark, and for a copy whose mark was
// already taken.
func Take(h http.Header) error {
	id := h.Get(header)
	h.Del(header)
	marks.mu.Lock()
	defer marks.mu.Unlock()
	reason := marks.reasons[id]
	delete(marks.reasons, id)
	return reason
}
