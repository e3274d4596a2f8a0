package similar

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"
)

// dimensions is the length of the model's vectors.
const dimensions = 384

// A record of vectors.bin is the start of the text's SHA-256, followed by the
// vector as signed bytes of which the largest is 127. A cosine does not depend
// on the length of a vector.
const (
	textBytes   = 8
	recordBytes = textBytes + dimensions
	vectorsFile = "testdata/vectors.bin"
)

// vectors is a [devgateway.Embedder] that knows the texts of the streams.
type vectors map[[textBytes]byte][]float32

func sum(text string) [textBytes]byte {
	all := sha256.Sum256([]byte(text))
	return [textBytes]byte(all[:])
}

func loadVectors(tb testing.TB) vectors {
	tb.Helper()
	file, err := os.ReadFile(vectorsFile)
	if err != nil || len(file)%recordBytes != 0 {
		tb.Fatalf("%d bytes, %v", len(file), err)
	}
	v := vectors{}
	for record := range slices.Chunk(file, recordBytes) {
		vector := make([]float32, dimensions)
		for i, b := range record[textBytes:] {
			vector[i] = float32(int8(b))
		}
		v[[textBytes]byte(record)] = vector
	}
	return v
}

// Embed returns the vector of a text.
func (v vectors) Embed(_ context.Context, text string) ([]float32, error) {
	vector, ok := v[sum(text)]
	if !ok {
		return nil, fmt.Errorf("no vector of the text %.40q; write the vectors again, see doc.go", text)
	}
	return vector, nil
}

// record returns the record of a text.
func record(text string, vector []float32) []byte {
	largest := float32(0)
	for _, x := range vector {
		largest = max(largest, x, -x)
	}
	head := sum(text)
	out := head[:]
	for _, x := range vector {
		out = append(out, byte(int8(math.Round(float64(x/largest*127)))))
	}
	return out
}

// writeVectors writes the records, sorted so that the order of the texts does
// not matter.
func writeVectors(records [][]byte) error {
	slices.SortFunc(records, bytes.Compare)
	return os.WriteFile(vectorsFile, slices.Concat(records...), 0o644)
}
