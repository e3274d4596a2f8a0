package page

import (
	"cmp"
	"fmt"
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
}

func newRequestRow(r Request, now time.Time) requestRow {
	row := requestRow{
		at: now, Tenant: clean(r.Tenant, maxKind), Status: r.Status, Code: r.Code,
		Age: int(r.Age / time.Second), Reason: clean(r.Reason, maxReason), Deps: []string{},
	}
	if r.Label != nil {
		row.Text, row.System, row.Model = clean(r.Label.Text, maxText), clean(r.Label.System, maxText), clean(r.Label.Model, maxKind)
	}
	for _, d := range r.Deps[:min(len(r.Deps), maxDepsShown)] {
		row.Deps = append(row.Deps, clean(d.ID, maxID))
	}
	row.MoreDeps = len(r.Deps) - len(row.Deps)
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
}

// droppedRow is an entry that an invalidation has dropped.
type droppedRow struct {
	Text string `json:"text"`
	Age  int    `json:"age_seconds"`
}

func newInvalidationRow(i Invalidation, now time.Time) invalidationRow {
	row := invalidationRow{
		at: now, Tenant: clean(i.Tenant, maxKind), Dep: clean(i.Dep.ID, maxID), Deleted: i.Removed.Count, Dropped: []droppedRow{},
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

// kindsOf returns the kinds of the deps, each once.
func kindsOf(deps []wire.Dep) (kinds []string) {
	for _, d := range deps {
		if kind := kindOf(d.ID); !slices.Contains(kinds, kind) && len(kinds) < maxKinds {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// kindOf returns the prefix of an id.
func kindOf(id string) string {
	kind, _, _ := strings.Cut(id, ":")
	if kind == noDeps {
		return "(no kind)"
	}
	return clean(kind, maxKind)
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
