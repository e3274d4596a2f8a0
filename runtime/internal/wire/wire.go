// Package wire is the one home of the gateway's wire protocol: the names and
// values in its headers, the encoding of ids and deps, and the bodies of
// invalidations.
package wire

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Names of headers, in canonical form.
const (
	HeaderToken      = "X-Cachecore-Token"
	HeaderDeps       = "X-Cachecore-Deps"
	HeaderStatus     = "X-Cache"
	HeaderSimilarity = "X-Cache-Similarity"
	HeaderAge        = "X-Cache-Age"
)

// Values of [HeaderStatus].
const (
	HitL1      = "HIT_L1"
	HitL1Stale = "HIT_L1_STALE"
	HitL2      = "HIT_L2"
	Miss       = "MISS"
	Bypass     = "BYPASS"
)

// Paths of the gateway.
const (
	PathCompletions = "/v1/chat/completions"
	PathInvalidate  = "/v1/invalidate"
)

// DefaultHash is the hash of a dep whose data has no version. It never changes,
// so only an invalidation removes an answer that was tagged with it.
const DefaultHash = "v1"

// PolicyDep is the id of the dep that a gateway adds to every answer it keeps.
const PolicyDep = "cc:policy-version"

// Limits of a dep, in bytes. A gateway does not cache the answer to a request
// whose deps exceed them.
const (
	MaxID   = 4096
	MaxHash = 1024
)

// TokenPrefix precedes the id of a token, a dot and the token's JWT.
const TokenPrefix = "cc_live_"

// JWT returns the token without its prefix and id. Gateways accept both forms.
func JWT(token string) string {
	if rest, ok := strings.CutPrefix(token, TokenPrefix); ok {
		if _, jwt, ok := strings.Cut(rest, "."); ok && jwt != "" {
			return jwt
		}
	}
	return token
}

var partEscaper = strings.NewReplacer("%", "%25", "/", "%2F")

// ID returns the id that consists of the prefix, a colon and the parts joined
// by "/". Inside a part, "%" is written "%25" and "/" is written "%2F", so
// different parts always have different ids.
func ID(prefix string, parts ...string) string {
	var id strings.Builder
	id.WriteString(prefix)
	id.WriteByte(':')
	for i, part := range parts {
		if i > 0 {
			id.WriteByte('/')
		}
		_, _ = partEscaper.WriteString(&id, part)
	}
	return id.String()
}

// IsRandom reports whether a new hash is a random UUID, which clients send for
// data without a version.
func IsRandom(hash string) bool {
	id, err := uuid.Parse(hash)
	return err == nil && len(hash) == len(uuid.Nil.String()) && id.Version() == 4 && id.Variant() == uuid.RFC4122
}

// Invalidation is the body of an invalidation.
type Invalidation struct {
	DepID   string `json:"dep_id"`
	NewHash string `json:"new_hash"`
}

// Receipt is the body of the answer to an [Invalidation].
type Receipt struct {
	OK          bool   `json:"ok"`
	DepID       string `json:"dep_id"`
	KeysDeleted int    `json:"keys_deleted"` // cached answers that were dropped
}

// RetryAfter returns the wait that an answer asks for, or 0 if it gives no
// time. Gateways that follow OpenAI also send Retry-After-Ms, which is more
// exact than Retry-After.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseUint(h.Get("Retry-After-Ms"), 10, 31); err == nil {
		return time.Duration(ms) * time.Millisecond
	}
	value := h.Get("Retry-After")
	if isDigits(value) {
		seconds, err := strconv.ParseUint(value, 10, 31)
		if err != nil { // out of range
			seconds = 1<<31 - 1
		}
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// SetRetryAfter sets the wait that an answer asks for, rounded up to seconds.
func SetRetryAfter(h http.Header, wait time.Duration) {
	h.Set("Retry-After", strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10))
}
