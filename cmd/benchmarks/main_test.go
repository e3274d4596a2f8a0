package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
)

func TestRunRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"unknown section", []string{"-only", "nothing"}, `there is no section "nothing": name one of generate, transport, scope, invalidate, gateway`},
		{"unknown flag", []string{"-slow"}, "flag provided but not defined: -slow"},
		{"too few deps", []string{"-hold", "9"}, "9 deps are too few to look 9 times"},
		{"another working directory", nil, "the working directory is not the repository's root: change into it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			if err := run(t.Context(), tt.args, &stdout, &stderr); err == nil || err.Error() != tt.want {
				t.Errorf("got error %v, want %s", err, tt.want)
			}
			if stdout.Len() > 0 {
				t.Errorf("printed %q", stdout.String())
			}
		})
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "doc.md")
	if err := os.WriteFile(path, []byte("before\n"+table.Begin+"\nold\n"+table.End+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(path, "new"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if want := "before\n" + table.Begin + "\n\nnew\n\n" + table.End + "\nafter\n"; err != nil || string(got) != want {
		t.Errorf("got %q and error %v, want %q", got, err, want)
	}
	if err := os.WriteFile(path, []byte("no markers"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(path, "new"); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v does not name %s", err, path)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "no markers" {
		t.Errorf("the document became %q, error %v", got, err)
	}
}

// The repository contains the table that make bench replaces.
func TestDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", document))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Replace(string(text), ""); err != nil {
		t.Error(err)
	}
}
