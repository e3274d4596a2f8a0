package vector

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestUnit(t *testing.T) {
	t.Parallel()
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, tt := range map[string]struct {
		v    []float32
		want string
	}{
		"empty":             {nil, "the embedding is empty"},
		"zero":              {[]float32{0, 0}, "all numbers of the embedding are zero"},
		"not a number":      {[]float32{1, nan}, "the embedding has a number that is NaN or infinite"},
		"infinite":          {[]float32{inf, 1}, "the embedding has a number that is NaN or infinite"},
		"minus infinite":    {[]float32{-inf, inf}, "the embedding has a number that is NaN or infinite"},
		"whole numbers":     {[]float32{3, -4}, ""},
		"the largest":       {[]float32{math.MaxFloat32, math.MaxFloat32}, ""},
		"the smallest":      {[]float32{math.SmallestNonzeroFloat32, 0}, ""},
		"a single negative": {[]float32{-7}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Unit(tt.v)
			if tt.want != "" {
				if err == nil || err.Error() != tt.want {
					t.Errorf("got %v, want %s", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if self := Dot(got, got); math.Abs(float64(self)-1) > Epsilon {
				t.Errorf("length %v, want 1", self)
			}
			for i, n := range tt.v {
				if math.Signbit(float64(n)) != math.Signbit(float64(got[i])) {
					t.Errorf("%v has another direction than %v", got, tt.v)
				}
			}
		})
	}
}

// Every size gives the sum of all products.
func TestDot(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for size := range 40 {
		a, b := make([]float32, size), make([]float32, size)
		want := float32(0)
		for i := range size {
			a[i], b[i] = float32(r.IntN(20)-10), float32(r.IntN(20)-10)
			want += a[i] * b[i] // exact
		}
		if got := Dot(a, b); got != want {
			t.Errorf("%d numbers: %v, want %v", size, got, want)
		}
	}
}

func BenchmarkDot(b *testing.B) {
	v := make([]float32, 384)
	for i := range v {
		v[i] = float32(i)
	}
	for b.Loop() {
		_ = Dot(v, v)
	}
}
