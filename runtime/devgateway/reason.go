package devgateway

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/depgen/depgen/runtime/devgateway/internal/cache"
	"github.com/depgen/depgen/runtime/internal/jsondiff"
	"github.com/depgen/depgen/runtime/internal/wire"
)

// headerCacheStatus is a standard header (RFC 9211). It tells why the answer is
// a hit or a miss.
const headerCacheStatus = "Cache-Status"

// maxDetail limits the detail in the header, in bytes.
const maxDetail = 300

// Reasons to forward a request, as RFC 9211 lists them.
const (
	forwardBypass   = "bypass"
	forwardUnknown  = "uri-miss"  // the question is new
	forwardOther    = "vary-miss" // an answer to another request does not fit
	forwardExpired  = "stale"
	forwardNoAnswer = "miss" // there was an answer, or there could have been one
)

// reason tells why a request was not answered from the cache.
type reason struct {
	forward string
	text    string // for the log: without any part of a prompt
	path    string // of the first difference; the log has its start
	values  string // of the first difference; only the client that sent them sees them
	alone   string // the reason why similar questions were not compared
	unkept  string // the reason why the new answer is not kept, if that is known
}

// detail returns the reason for the client.
func (r reason) detail() string { return r.text + at(r.path) + r.values + r.alone + r.tail() }

// logged returns the reason for the log.
func (r reason) logged() string { return r.text + at(loggedPath(r.path)) + r.tail() }

func at(path string) string {
	if path == "" {
		return ""
	}
	return ", at " + path
}

func (r reason) tail() string {
	if r.unkept == "" {
		return ""
	}
	return "; not kept: " + r.unkept
}

// reasonOf returns the reason of a miss of the body.
func reasonOf(c cache.Cause, body []byte) reason {
	ago := agoText(c.Ago)
	switch c.Kind {
	case cache.First:
		return reason{forward: forwardUnknown, text: "no earlier request with this question is remembered"}
	case cache.OtherBytes:
		return difference(forwardUnknown, "other bytes than "+ago, c.Before, body)
	case cache.OtherNamespace:
		return difference(forwardOther, "other "+partNames(c.Parts)+" than "+ago, c.Before, body)
	case cache.LacksDep:
		return reason{forward: forwardOther, text: "the entry lacks dep " + wire.Show(c.Dep.ID)}
	case cache.OtherHash:
		return reason{forward: forwardOther, text: fmt.Sprintf("dep %s has hash %s in the entry, %s in the request",
			wire.Show(c.Dep.ID), wire.Show(c.Hash), wire.Show(c.Dep.Hash))}
	case cache.Expired:
		return reason{forward: forwardExpired, text: "expired " + ago}
	case cache.Invalidated:
		return reason{forward: forwardNoAnswer, text: "invalidated " + ago + " by " + wire.Show(c.Dep.ID)}
	case cache.Evicted:
		return reason{forward: forwardNoAnswer, text: "evicted " + ago + " to make room"}
	case cache.Unkept:
		return reason{forward: forwardNoAnswer, text: "not kept " + ago + ": " + c.Why}
	}
	return reason{forward: forwardNoAnswer, text: "no answer to the same request " + ago + " is kept"}
}

// difference adds where the body differs from the earlier one, if the history
// has it. Callers with other permissions have no earlier body: their values do
// not show.
func difference(forward, text string, before, body []byte) reason {
	r := reason{forward: forward, text: text}
	if before == nil || len(body) > cache.MaxRemembered {
		return r
	}
	path, now, earlier, differ := jsondiff.First(body, before)
	if !differ {
		return r
	}
	r.path = path
	r.values = fmt.Sprintf(": %s, before %s", now, earlier)
	return r
}

func partNames(parts []cache.Part) string {
	names := make([]string, 0, len(parts))
	for _, p := range parts {
		names = append(names, partName(p))
	}
	return strings.Join(names, ", ")
}

func partName(p cache.Part) string {
	switch p {
	case cache.System:
		return "system message"
	case cache.Tools:
		return "tools"
	case cache.Functions:
		return "functions"
	case cache.Policy:
		return "policy version"
	case cache.Roles:
		return "roles"
	}
	return "token scope" // not that of a system message
}

func agoText(d time.Duration) string {
	return max(d, 0).Truncate(time.Second).String() + " ago"
}

// statusText returns the value of Cache-Status, and the detail in it.
func (x *exchange) statusText() (value, detail string) {
	ttl := int64((x.fresh - x.seen.Age) / time.Second)
	if x.seen.Cache == HitL1 && !x.waited { // the most frequent answer
		return string(strconv.AppendInt(append(make([]byte, 0, 32), "depgen; hit; ttl="...), ttl, 10)), ""
	}
	out := append(make([]byte, 0, 64), "depgen; "...)
	hit := func() {
		out = append(out, "hit; ttl="...)
		out = strconv.AppendInt(out, ttl, 10)
	}
	switch x.seen.Cache {
	case HitL1:
		hit()
		detail = "waited for an identical request"
	case HitL1Stale:
		hit()
		detail = "stale, with a refresh in the background"
	case HitL2:
		hit()
		detail = "similar question, " + strconv.FormatFloat(x.seen.Similarity, 'f', 2, 64)
		if x.crossing.crosses() {
			detail += ", of other data"
		}
	default:
		out = append(append(out, "fwd="...), x.reason.forward...)
		if x.stored {
			out = append(out, "; stored"...)
		}
		detail = x.reason.detail()
	}
	if detail != "" {
		out = wire.AppendString(append(out, "; detail="...), detail, maxDetail)
	}
	return string(out), detail
}
