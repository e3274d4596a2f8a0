package cache

import (
	"crypto/sha256"
	"time"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// Limits of the history, in bytes. It forgets the least recently used first.
const (
	maxAsked = 8 << 20 // requests, with their bodies
	maxFates = 4 << 20

	// MaxRemembered is the longest body that the history remembers.
	MaxRemembered = 64 << 10
)

// Estimated costs in bytes, in addition to texts.
const (
	askedOverhead = 512
	fateOverhead  = 256
)

// Part is a part of a namespace.
type Part int

// The parts of a namespace, apart from the tenant.
const (
	System Part = iota
	Tools
	Functions
	Policy
	Roles
	Scope

	numParts
)

// Parts are the sums of the parts of a namespace.
type Parts [numParts]Digest

// differ returns the parts that differ.
func (p Parts) differ(other Parts) (parts []Part) {
	for i := range p {
		if p[i] != other[i] {
			parts = append(parts, Part(i))
		}
	}
	return parts
}

// Asked is a request as the history remembers it. It must not be changed.
type Asked struct {
	Question Digest // the sum of the user's last message
	Parts    Parts
	Body     []byte // nil if it is longer than MaxRemembered
}

// asked is a remembered request.
type asked struct {
	Asked
	body   Digest
	at     time.Time
	source *Key // the entry that answered it as a similar question, if one did
}

// askedKey identifies a question within a tenant, or within the callers that
// may share answers.
type askedKey struct{ within, question Digest }

// fate is the reason why the cache has no answer to the bytes of an earlier
// request.
type fate struct {
	kind CauseKind
	at   time.Time
	dep  wire.Dep
	why  string
}

func (f fate) cause(now time.Time) Cause {
	return Cause{Kind: f.kind, Ago: now.Sub(f.at), Dep: f.dep, Why: f.why}
}

// history remembers earlier requests, to tell why a request is a miss. It takes
// a fixed amount of memory in addition to that of the entries. Its user
// synchronizes access.
type history struct {
	asked *sizedLRU[askedKey, *asked]
	fates *sizedLRU[Key, fate]
}

func newHistory() (*history, error) {
	h := &history{}
	var err error
	h.asked, err = newSizedLRU(maxAsked, func(_ askedKey, a *asked) int64 {
		return int64(askedOverhead + cap(a.Body))
	}, nil)
	if err != nil {
		return nil, err
	}
	h.fates, err = newSizedLRU(maxFates, func(_ Key, f fate) int64 {
		return int64(fateOverhead + len(f.dep.ID) + len(f.dep.Hash) + len(f.why))
	}, nil)
	return h, err
}

// cause returns why there is no entry for the request, and the entry that
// answered the same request before as a similar question, if one did.
func (h *history) cause(r Request, a Asked, now time.Time) (c Cause, source *Key) {
	if f, ok := h.fates.get(r.Key); ok {
		return f.cause(now), nil
	}
	// A request of the same callers comes first: its body is known.
	before, ok := h.asked.get(askedKey{r.Key.Caller, a.Question})
	if ok && before.body == r.Key.Body {
		return Cause{Kind: SameBytes, Ago: now.Sub(before.at)}, before.source
	}
	if !ok {
		before, ok = h.asked.get(askedKey{withinTenant(r.Tenant), a.Question})
	}
	if !ok {
		return Cause{Kind: First}, nil
	}
	c = Cause{Kind: OtherBytes, Ago: now.Sub(before.at), Parts: a.Parts.differ(before.Parts), Before: before.Body}
	if len(c.Parts) > 0 {
		c.Kind = OtherNamespace
	}
	return c, nil
}

// remember adds the request, and the entry that answered it as a similar
// question, if one did. Other callers of the tenant learn of the request only,
// not of its bytes.
func (h *history) remember(r Request, a Asked, now time.Time, source *Key) {
	if len(a.Body) > MaxRemembered {
		a.Body = nil
	}
	h.asked.put(askedKey{r.Key.Caller, a.Question}, &asked{a, r.Key.Body, now, source})
	a.Body = nil
	h.asked.put(askedKey{withinTenant(r.Tenant), a.Question}, &asked{a, r.Key.Body, now, nil})
}

// withinTenant differs from the sums of callers, which are sums of JSON arrays.
func withinTenant(tenant string) Digest { return sha256.Sum256([]byte("tenant " + tenant)) }
