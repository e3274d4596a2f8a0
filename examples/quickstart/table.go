package main

import (
	"fmt"
	"io"
	"time"

	"github.com/fatih/color"

	"github.com/depgen/depgen/runtime/cachecore"
)

// table prints one aligned line for each step. Package color omits its codes if
// the output is not a terminal.
type table struct {
	out                io.Writer
	asked, hits, stale int
}

const layout = "%-22s %-8s %5s  %s\n"

func (t *table) head() {
	fmt.Fprint(t.out, color.New(color.Faint).Sprintf(layout, "call", "status", "age", "answer"))
}

// changed shows a change of the data.
func (t *table) changed(call, text string) {
	fmt.Fprint(t.out, color.New(color.FgYellow).Sprintf(layout, call, "", "", "is now: "+text))
}

// answered shows an answer, and counts it as stale if it differs from truth.
func (t *table) answered(call string, c *cachecore.Call, text, truth string) {
	t.asked++
	if text != truth {
		t.stale++
	}
	s, paint := c.Status(), color.New(color.FgCyan)
	if s.Hit() {
		t.hits++
		paint = color.New(color.FgGreen)
	}
	// Colour goes around the padded text, so that codes do not count as width.
	fmt.Fprintf(t.out, "%-22s %s %5s  %s\n", call, paint.Sprintf("%-8s", s.Status), s.Age.Truncate(time.Second), text)
}

func (t *table) foot() {
	fmt.Fprintf(t.out, "\nThe cache saved %d of %d calls to the model, and %d answers were out of date.\n", t.hits, t.asked, t.stale)
}
