package page

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// Limits of texts, in bytes.
const (
	maxText   = 160
	maxID     = 120
	maxKind   = 40
	maxReason = 300
)

// requestRow is a request as the page shows it. All texts are clean.
type requestRow struct {
	at       time.Time
	Tenant   string   `json:"tenant,omitempty"`
	Status   string   `json:"status"`
	Code     int      `json:"code"`
	Age      int      `json:"age_seconds"`
	Text     string   `json:"text"`
	System   string   `json:"system,omitempty"`
	Model    string   `json:"model,omitempty"`
	Deps     []string `json:"deps"`
	MoreDeps int      `json:"more_deps,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	Scoped   bool     `json:"scoped,omitempty"` // whether the system message ends with a scope

	Similarity float64   `json:"similarity,omitempty"` // of a HIT_L2
	EntryDeps  []string  `json:"entry_deps,omitempty"` // of a HIT_L2
	Crossing   *crossing `json:"other_data,omitempty"` // of a HIT_L2 that was made from other data
}

// crossing contains the deps that only one of a request and its answer has.
type crossing struct {
	Request     []string `json:"only_request"`
	Answer      []string `json:"only_answer"`
	MoreRequest int      `json:"more_only_request,omitempty"`
	MoreAnswer  int      `json:"more_only_answer,omitempty"`
}

// String returns the two sides, such as "answer depends on doc:2, not doc:1".
func (c *crossing) String() string {
	list := func(deps []string, more int) string {
		text := strings.Join(deps, ", ")
		if more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		return text
	}
	request, answer := list(c.Request, c.MoreRequest), list(c.Answer, c.MoreAnswer)
	switch {
	case answer == "":
		return "answer does not depend on " + request
	case request == "":
		return "answer also depends on " + answer
	}
	return "answer depends on " + answer + ", not " + request
}

// depTexts returns the first deps with their versions, and the number of others.
func depTexts(deps []wire.Dep, limit int) (texts []string, more int) {
	texts = []string{}
	for _, d := range deps[:min(len(deps), limit)] {
		text := clean(d.ID, maxID)
		if d.Hash != "" && d.Hash != wire.DefaultHash {
			text += "@" + clean(d.Hash, maxKind)
		}
		texts = append(texts, text)
	}
	return texts, len(deps) - len(texts)
}

func newRequestRow(r Request, now time.Time) requestRow {
	row := requestRow{
		at: now, Tenant: clean(r.Tenant, maxKind), Status: r.Status, Code: r.Code,
		Age: int(r.Age / time.Second), Reason: clean(r.Reason, maxReason),
		Similarity: math.Round(r.Similarity*1e4) / 1e4,
	}
	if r.Label != nil {
		row.Text, row.System, row.Model = clean(r.Label.Text, maxText), clean(r.Label.System, maxText), clean(r.Label.Model, maxKind)
		row.Scoped = r.Label.Scoped
	}
	row.Deps, row.MoreDeps = depTexts(r.Deps, maxDepsShown)
	if len(r.EntryDeps) > 0 {
		row.EntryDeps, _ = depTexts(r.EntryDeps, maxDepsShown)
	}
	if len(r.OnlyRequest) > 0 || len(r.OnlyAnswer) > 0 {
		row.Crossing = &crossing{}
		row.Crossing.Request, row.Crossing.MoreRequest = depTexts(r.OnlyRequest, maxCrossing)
		row.Crossing.Answer, row.Crossing.MoreAnswer = depTexts(r.OnlyAnswer, maxCrossing)
	}
	return row
}

// invalidationRow is an invalidation as the page shows it. All texts are clean.
type invalidationRow struct {
	at      time.Time
	Tenant  string       `json:"tenant"`
	Dep     string       `json:"dep"`
	Version string       `json:"version,omitempty"`
	Deleted int          `json:"keys_deleted"`
	Dropped []droppedRow `json:"dropped"`
	Code    int          `json:"code"`
	Reason  string       `json:"reason,omitempty"` // the reason why it was refused
}

// droppedRow is an entry that an invalidation has dropped.
type droppedRow struct {
	Text string `json:"text"`
	Age  int    `json:"age_seconds"`
}

func newInvalidationRow(i Invalidation, now time.Time) invalidationRow {
	row := invalidationRow{
		at: now, Tenant: clean(i.Tenant, maxKind), Dep: clean(i.Dep.ID, maxID), Deleted: i.Removed.Count, Dropped: []droppedRow{},
		Code: http.StatusOK,
	}
	if !wire.IsRandom(i.Dep.Hash) {
		row.Version = clean(i.Dep.Hash, maxKind)
	}
	for _, e := range i.Removed.Some {
		d := droppedRow{Age: int(now.Sub(e.Stored()) / time.Second)}
		if e.Label != nil {
			d.Text = clean(e.Label.Text, maxText)
		}
		row.Dropped = append(row.Dropped, d)
	}
	slices.SortFunc(row.Dropped, func(a, b droppedRow) int { return cmp.Or(a.Age-b.Age, cmp.Compare(a.Text, b.Text)) })
	return row
}

// clean returns at most limit bytes of a text for people to read. It shows
// characters that are invisible or change the direction of the text as escapes.
func clean(text string, limit int) string {
	plain := len(text) <= limit && utf8.ValidString(text)
	if plain && strings.IndexFunc(text, isHidden) < 0 {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		piece := string(r)
		if r == '\n' || r == '\t' {
			piece = " "
		} else if isHidden(r) {
			piece = strings.Trim(strconv.QuoteRuneToASCII(r), "'")
		}
		if out.Len()+len(piece) > limit {
			return out.String() + "…"
		}
		out.WriteString(piece)
	}
	return out.String()
}

func isHidden(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

func bootID(now time.Time) string { return fmt.Sprintf("%x", now.UnixNano()) }
