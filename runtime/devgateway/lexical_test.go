package devgateway_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/devgateway"
	"github.com/depgen/depgen/runtime/internal/vector"
)

func lexical(t testing.TB, text string) []float32 {
	t.Helper()
	v, err := devgateway.Lexical().Embed(t.Context(), text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return v
}

func unit(t testing.TB, text string) []float32 {
	t.Helper()
	v, err := vector.Unit(lexical(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The vectors are the same in every process and on every platform.
func TestLexicalIsFixed(t *testing.T) {
	t.Parallel()
	var got []string
	for i, n := range lexical(t, "Which law governs the Überlassung, the law?") {
		if n != 0 {
			got = append(got, fmt.Sprintf("%d:%v", i, n))
		}
	}
	const want = "70:-1 107:1 111:-1 193:-1 238:-2 279:-1 280:1 285:1 289:-1 339:2 359:-1"
	if text := strings.Join(got, " "); text != want {
		t.Errorf("got %s, want %s", text, want)
	}
}

func TestLexical(t *testing.T) {
	t.Parallel()
	const notice = "What notice does contract-123 need?"
	long := strings.Repeat("Each party shall keep the other party's information confidential for three years. ", 20)
	for name, tt := range map[string]struct {
		a, b     string
		from, to float64
	}{
		"the same":                 {notice, notice, 1, 1},
		"another number":           {notice, "What notice does contract-77 need?", 1, 1},
		"another case":             {notice, strings.ToUpper(notice), 1, 1},
		"other spaces":             {notice, "\tWhat   notice\ndoes contract need", 1, 1},
		"letters beyond ASCII":     {"Größe Élan", "GRÖSSE élan größe", 0.4, 0.9},
		"another order":            {"the buyer pays the supplier", "the supplier pays the buyer", 0.5, 0.99},
		"another question":         {"Which law governs this contract?", "Who owns the deliverables?", -0.3, 0.3},
		"another question, long":   {long + "Which law governs it?", long + "Who owns the deliverables?", 0.98, 1},
		"other words, one meaning": {"What are the payment terms?", "When are invoices due?", -0.2, 0.6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := float64(vector.Dot(unit(t, tt.a), unit(t, tt.b)))
			if got < tt.from-vector.Epsilon || got > tt.to+vector.Epsilon {
				t.Errorf("similarity %v, want %v to %v", got, tt.from, tt.to)
			}
		})
	}
}

func TestLexicalNeedsLetters(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " ", "4711", "?!", "\xff\xfe", "🙂"} {
		if v, err := devgateway.Lexical().Embed(t.Context(), text); v != nil || err == nil || err.Error() != "the text contains no letters to compare" {
			t.Errorf("%q: %v, %v", text, v, err)
		}
	}
}

// Every text with a letter has a vector of whole numbers, which depends on its
// words only.
func FuzzLexical(f *testing.F) {
	for _, text := range []string{"", "a", "A1b", "what notice does contract-1 need?", "Größe", "\xffa\xff", "日本語 テキスト", "ǅ İ ß", strings.Repeat("x", 1000)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := devgateway.Lexical().Embed(t.Context(), text)
		if err != nil {
			return
		}
		sum := 0.0
		for _, n := range v {
			if float64(n) != math.Trunc(float64(n)) {
				t.Fatalf("%v is not a whole number", n)
			}
			sum += math.Abs(float64(n))
		}
		if features := float64(2*len(text) + 1); len(v) != 384 || sum > features {
			t.Fatalf("%d numbers with the sum %v, want 384 of at most %v", len(v), sum, features)
		}
		again, err := devgateway.Lexical().Embed(t.Context(), " 7 "+text+"\t42\xff!")
		if err != nil || !slices.Equal(v, again) {
			t.Fatalf("numbers change the vector, %v", err)
		}
	})
}

func BenchmarkLexical(b *testing.B) {
	e := devgateway.Lexical()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Embed(b.Context(), "Does this contract include a termination-for-convenience clause?"); err != nil {
			b.Fatal(err)
		}
	}
}
