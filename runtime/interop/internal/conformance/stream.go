package conformance

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/interop/internal/loopback"
)

// testStatusFirst tests that a caller can tell a hit from a miss at the first
// piece of a stream, long before the last.
func testStatusFirst(t *testing.T, d Driver) {
	gateway := loopback.NewServer(t, func(w http.ResponseWriter, r loopback.Request) {
		w.Header().Set("X-Cache", "HIT_L1_STALE")
		d.Wire.answer(w, r, func(int) {}, "30 ", "days")
	})
	ctx, call := cachecore.WithCall(cachecore.WithDeps(t.Context(), contract))
	var seen []cachecore.Status
	err := d.build(t, gateway.URL, key).Stream(ctx, "What notice?", func(string) {
		seen = append(seen, call.Status().Status)
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []cachecore.Status{cachecore.HitL1Stale, cachecore.HitL1Stale}; !slices.Equal(seen, want) {
		t.Errorf("statuses at the pieces are %v, want %v", seen, want)
	}
}

// testNotDelayed tests that pieces are not delayed. The server sends a piece
// only when the caller has the one before. If a piece were held back, both
// would wait for each other.
func testNotDelayed(t *testing.T, d Driver) {
	pieces := []string{"one ", "two ", "three ", "four ", "five"}
	handedOut := make(chan string, len(pieces))
	gateway := loopback.NewServer(t, func(w http.ResponseWriter, r loopback.Request) {
		d.Wire.answer(w, r, func(sent int) {
			select {
			case piece := <-handedOut:
				if piece != pieces[sent-1] {
					t.Errorf("piece %d was handed out as %q, want %q", sent, piece, pieces[sent-1])
				}
			case <-t.Context().Done():
			}
		}, pieces...)
	})
	ctx := cachecore.WithDeps(t.Context(), contract)
	var got []string
	err := d.build(t, gateway.URL, key).Stream(ctx, "Count.", func(piece string) {
		got = append(got, piece)
		handedOut <- piece
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, pieces) {
		t.Errorf("pieces are %q, want %q", got, pieces)
	}
}

// testPlainJSON demonstrates why a gateway must answer a request for a stream
// with a stream: most SDKs find no text in plain JSON, and report no error.
func testPlainJSON(t *testing.T, d Driver) {
	gateway := loopback.NewServer(t, func(w http.ResponseWriter, r loopback.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, d.Wire.whole, quote("30 days"))
	})
	pieces := 0
	err := d.build(t, gateway.URL, key).Stream(t.Context(), "What notice?", func(string) { pieces++ })
	if pieces > 0 || (err == nil) != d.MissesPlainJSON {
		t.Errorf("%d pieces, %v; want none, and an error: %t", pieces, err, !d.MissesPlainJSON)
	}
}
