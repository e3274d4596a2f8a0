package devgateway

import (
	"net/http"
	"strconv"
	"time"
)

// Status is a value of the X-Cache header.
type Status string

// The values that this gateway sends.
const (
	HitL1      Status = "HIT_L1"       // an answer to the same bytes
	HitL1Stale Status = "HIT_L1_STALE" // the same, past its fresh time, during a refresh
	Miss       Status = "MISS"         // a new answer
	Bypass     Status = "BYPASS"       // a new answer, neither looked up nor kept
)

// Names of the headers of the wire protocol, in canonical form.
const (
	headerToken      = "X-Cachecore-Token"
	headerDeps       = "X-Cachecore-Deps"
	headerCache      = "X-Cache"
	headerSimilarity = "X-Cache-Similarity"
	headerAge        = "X-Cache-Age"
)

func setStatus(h http.Header, s Status, age time.Duration) {
	similarity := "0.00"
	if s == HitL1 || s == HitL1Stale {
		similarity = "1.00"
	}
	h.Set(headerCache, string(s))
	h.Set(headerSimilarity, similarity)
	h.Set(headerAge, strconv.FormatInt(int64(age/time.Second), 10))
}
