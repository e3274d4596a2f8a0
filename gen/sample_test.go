package gen_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/depgen/depgen/gen"
	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/testdata/sample"
	"github.com/depgen/depgen/testdata/sample/model"
)

var user = uuid.MustParse("6BA7B810-9DAD-11D1-80B4-00C04FD430C8")

const userText = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

func TestSampleIsCurrent(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../testdata/sample/deps.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got, err := gen.Generate(t.Context(), gen.Options{Schema: "deps.yaml", Source: source, Package: "sample", Out: "../testdata/sample/deps_gen.go"})
	if err != nil {
		t.Fatal(err)
	}
	if want, err := os.ReadFile("../testdata/sample/deps_gen.go"); err != nil || string(got[0].Content) != string(want) {
		t.Errorf("deps_gen.go is not what deps.yaml yields (%v); run go generate", err)
	}
}

func TestWire(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		dep  cachecore.Dep
		id   string
		hash string
	}{
		{"single string", sample.DepDoc("contract-123"), "doc:contract-123", "v1"},
		{"single string as it stands", sample.DepDoc("a/b:c%"), "doc:a/b:c%", "v1"},
		{"uuid in lower case", sample.DepUser(user), "user:" + userText, "v1"},
		{"closed set", sample.DepTable(sample.TableProducts), "table:products", "v1"},
		{"value as written", sample.DepTable(sample.TableOrderItems), "table:order-items", "v1"},
		{"composite", sample.DepNote(user, -7), "note:" + userText + "/-7", "v1"},
		{"composite escaped", sample.DepPair("a/b", "c%2F"), "pair:a%2Fb/c%252F", "v1"},
		{"composite colon", sample.DepPair("a:b", "c"), "pair:a:b/c", "v1"},
		{"integers", sample.DepNumbers(-1, -2147483648, 3, 4294967295, 18446744073709551615),
			"numbers:-1/-2147483648/3/4294967295/18446744073709551615", "v1"},
		{"application's string", sample.DepPrice("ab-1", 7), "price:ab-1", "7"},
		{"application's marshaler", sample.DepAmount(model.Money{Cents: 5}, model.Money{Cents: 6}), "amount:5", "6"},
		{"application's stringer", sample.DepPlace(model.Place{X: 1, Y: -2}), "place:1,-2", "v1"},
		{"closed set as a part", sample.DepImport(sample.TableOrderItems, 7), "import:order-items/7", "v1"},
		{"value with a name of its own", sample.DepGrade(sample.GradeMinusOne), "grade:-1", "v1"},
		{"application's type in this package", sample.DepShelf(255), "shelf:255", "v1"},
		{"named type and prefix", sample.DepContract("c1", "rev/2"), "ctr:c1", "rev/2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := tt.dep.Err(); err != nil {
				t.Fatal(err)
			}
			if tt.dep.ID() != tt.id || tt.dep.Hash() != tt.hash {
				t.Errorf("got %s %s, want %s %s", tt.dep.ID(), tt.dep.Hash(), tt.id, tt.hash)
			}
		})
	}
}

func TestInvalidDeps(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		dep  cachecore.Dep
	}{
		{"empty id", sample.DepDoc("")},
		{"invalid UTF-8", sample.DepDoc("\xff")},
		{"empty part", sample.DepPair("", "a")},
		{"zero value of a closed set", sample.DepTable(sample.Table{})},
		{"empty version", sample.DepContract("c1", "")},
		{"zero value of a closed set as a part", sample.DepImport(sample.Table{}, 7)},
		{"String panics", sample.DepLabel(model.Label{})},
		{"MarshalText panics", sample.DepCode(model.Code{})},
		{"id without a text", sample.DepAmount(model.Money{Cents: -1}, model.Money{})},
		{"version without a text", sample.DepAmount(model.Money{}, model.Money{Cents: -1})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.dep.Err() == nil {
				t.Errorf("%s is valid", tt.dep.ID())
			}
		})
	}
	if err := sample.DepAmount(model.Money{Cents: -1}, model.Money{}).Err(); !errors.Is(err, model.ErrDebt) {
		t.Errorf("the reason is lost: %v", err)
	}
}

func TestInvalidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		invalidate func(ctx context.Context) error
		want       []string
	}{
		{"alone", func(ctx context.Context) error { return sample.InvalidateUser(ctx, user) }, []string{"user:" + userText + "@v1"}},
		{"part of", func(ctx context.Context) error { return sample.InvalidateDoc(ctx, "d") }, []string{"doc:d@v1", "table:docs@v1"}},
		{"part of composite", func(ctx context.Context) error { return sample.InvalidateComment(ctx, user, 1, "x/y") },
			[]string{"comment:" + userText + "/1/x%2Fy@v1", "note:" + userText + "/1@v1"}},
		{"part of a closed set", func(ctx context.Context) error { return sample.InvalidateImport(ctx, sample.TableProducts, 1) },
			[]string{"import:products/1@v1", "table:products@v1"}},
		{"versioned", func(ctx context.Context) error { return sample.InvalidatePrice(ctx, "s", 8) }, []string{"price:s@8"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := cachecoretest.NewRecorder(t)
			if err := tt.invalidate(cachecore.WithInvalidator(t.Context(), rec)); err != nil {
				t.Fatal(err)
			}
			if got := wire(rec.Invalidated()); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// A request is tagged with the recorded deps and with their groups.
func TestUse(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	ctx := cachecore.Track(t.Context())
	sample.UseNote(ctx, user, 1)
	sample.UsePrice(ctx, "s", 8)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://gateway.test/v1/chat/completions", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := rec.HTTPClient().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{"note:" + userText + "/1@v1", "user:" + userText + "@v1", "price:s@8"}
	if got := wire(rec.Requests()[0].Deps); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func wire(deps []cachecore.Dep) []string {
	var texts []string
	for _, d := range deps {
		texts = append(texts, d.ID()+"@"+d.Hash())
	}
	return texts
}

// Different ids never have the same dep id.
func FuzzInjective(f *testing.F) {
	f.Add("a/b", "c", "a", "b/c")
	f.Add("a%2Fb", "c", "a/b", "c")
	f.Add("%", "25", "%25", "")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		one, other := sample.DepPair(a, b), sample.DepPair(c, d)
		if one.Err() != nil || other.Err() != nil {
			return
		}
		if same := a == c && b == d; same != (one.ID() == other.ID()) {
			t.Errorf("(%q, %q) is %s, and (%q, %q) is %s", a, b, one.ID(), c, d, other.ID())
		}
	})
}
