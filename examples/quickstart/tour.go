package main

import (
	"context"
	"strings"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

const (
	notice  = "What notice does this contract need?"
	longest = "Which contract needs the longest notice?"
)

// step is one line of the tour: a question, or a change of a contract.
type step struct {
	call string
	wait time.Duration // before it
	ask  func(context.Context, *desk) (string, error)

	change, text string // the contract and its new text, instead of ask
}

func one(ctx context.Context, d *desk) (string, error) { return d.Ask(ctx, "contract-123", notice) }
func all(ctx context.Context, d *desk) (string, error) { return d.AskAll(ctx, longest) }

func stream(ctx context.Context, d *desk) (string, error) {
	var answer strings.Builder
	err := d.Stream(ctx, "contract-123", notice, func(piece string) { answer.WriteString(piece) })
	return answer.String(), err
}

func bypass(ctx context.Context, d *desk) (string, error) { return one(cachecore.WithBypass(ctx), d) }

// steps cover misses, hits, changes, streams and a bypass.
var steps = []step{
	{call: "Ask(contract-123)", ask: one},
	{call: "Ask(contract-123)", ask: one, wait: 40 * time.Second},
	{call: "Change(contract-456)", change: "contract-456", text: "90 days' notice"},
	{call: "Ask(contract-123)", ask: one, wait: 20 * time.Second},
	{call: "Change(contract-123)", change: "contract-123", text: "14 days' notice"},
	{call: "Ask(contract-123)", ask: one},
	{call: "AskAll()", ask: all},
	{call: "AskAll()", ask: all, wait: 5 * time.Second},
	{call: "Change(contract-456)", change: "contract-456", text: "10 days' notice"},
	{call: "AskAll()", ask: all},
	{call: "Stream(contract-123)", ask: stream},
	{call: "Stream(contract-123)", ask: stream, wait: 10 * time.Second},
	{call: "Ask(…) WithBypass", ask: bypass},
}

func tour(ctx context.Context, d *desk, g *gateway, t *table) error {
	t.head()
	for _, s := range steps {
		g.advance(s.wait)
		if s.change != "" {
			if err := d.Change(ctx, s.change, s.text); err != nil {
				return err
			}
			t.changed(s.call, s.text)
			continue
		}
		ctx, call := cachecore.WithCall(ctx)
		text, err := s.ask(ctx, d)
		if err != nil {
			return err
		}
		truth := d.contracts.relevant("contract-123")
		if strings.HasPrefix(s.call, "AskAll") {
			truth = d.contracts.relevant(longest)
		}
		t.answered(s.call, call, text, truth)
	}
	t.foot()
	return nil
}
