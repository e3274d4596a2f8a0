package examples_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const depgen = "github.com/depgen/depgen"

// TestCommandsRun runs each command line of the pages. Lines for an application
// run in a new one, which gets this tree as a release of depgen by the module
// protocol, or as a checkout next to it. Lines for a clone run here.
func TestCommandsRun(t *testing.T) {
	t.Parallel()
	app := newApplication(t)
	beside := newApplication(t)
	beside.useCheckout(t)
	inClone := func(t *testing.T, line string) { t.Helper(); run(t, root, nil, line) }
	lines := map[string]func(*testing.T, string){
		"go mod edit -replace github.com/depgen/depgen=../depgen": beside.run,
		"go mod edit -require github.com/depgen/depgen@v0.0.0":    beside.run,
		"go mod edit -tool github.com/depgen/depgen/cmd/depgen":   beside.run,
		"go mod tidy": func(t *testing.T, line string) {
			t.Helper()
			beside.run(t, line)
			beside.enter(t, "")
			beside.run(t, "go tool depgen init")
			beside.run(t, "go generate ./...")
			beside.run(t, "go vet ./...")
		},
		"go get -tool github.com/depgen/depgen/cmd/depgen@latest": app.run,
		"mkdir deps && cd deps":                                   app.enter,
		"go tool depgen init":                                     app.run,
		"go tool depgen check --schema deps/deps.yaml --out deps/deps_gen.go": func(t *testing.T, line string) {
			t.Helper()
			run(t, filepath.Dir(app.dir), app.env, line)
		},
		"go tool depgen":                               app.run,
		"go tool depgen check":                         app.run,
		"go tool depgen jsonschema > deps.schema.json": app.redirect,
		"go generate ./...":                            app.run,
		"go tool depgen gateway": func(t *testing.T, line string) {
			t.Helper()
			if got, want := app.serve(t, line), read(t, "guide/testdata/gateway.txt"); got != want {
				t.Errorf("%s prints\n%s\nand the page shows\n%s", line, got, want)
			}
		},
		"go tool depgen gateway token --tenant acme --ttl 1h": func(t *testing.T, line string) {
			t.Helper()
			env := append(slices.Clone(app.env), "DEPGEN_JWT_SECRET=a-secret-of-this-test-with-32-bytes")
			if token := run(t, app.dir, env, line); anyToken.FindString(token)+"\n" != token {
				t.Errorf("%s prints %q, want a token", line, token)
			}
		},
		"go tool depgen gateway --addr 127.0.0.1:9090":                                          app.serves,
		"go tool depgen gateway --upstream https://api.openai.com/v1":                           app.serves,
		"go tool depgen gateway --strict-hash":                                                  app.serves,
		"go tool depgen gateway --ui":                                                           app.serves,
		"go tool depgen gateway --similar lexical":                                              app.serves,
		"go tool depgen gateway --similar http://127.0.0.1:11434/v1 --similar-model all-minilm": app.serves,
		"go run ./examples/quickstart":                                                          inClone,
		// This test is part of it, so only its reach over all modules is left to check.
		"go test work": func(t *testing.T, _ string) {
			t.Helper()
			if packages := run(t, root, nil, "go list work"); !strings.Contains(packages, depgen+"/runtime/cachecore\n") || !strings.Contains(packages, depgen+"/examples\n") {
				t.Errorf("go list work does not reach all modules:\n%s", packages)
			}
		},
		"go get github.com/depgen/depgen/runtime/txn/pgxtxn":  isModule,
		"go get github.com/depgen/depgen/runtime/txn/gormtxn": isModule,
		"go get github.com/depgen/depgen/runtime/otel":        isModule,
	}
	done := map[string]bool{}
	for _, p := range pages(t) {
		report(t, notRun(p, lines))
	}
	for _, b := range blocks(t, "sh") {
		for _, line := range b.lines() {
			try := lines[line]
			if try == nil || done[line] { // a second init would find the schema of the first, for example
				continue
			}
			done[line] = true
			try(t, line)
		}
	}
	app.run(t, "go generate ./...")
	app.run(t, "go vet ./...")
}

// lines returns the block's lines without the spaces around them.
func (b block) lines() (lines []string) {
	for line := range strings.Lines(b.text) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

func notRun(p page, tries map[string]func(*testing.T, string)) (problems []string) {
	for _, b := range p.in("sh") {
		for _, line := range b.lines() {
			if tries[line] == nil {
				problems = append(problems, b.problem("no test runs %q", line))
			}
		}
	}
	return problems
}

// isModule checks that the last word of the line is the path of a module in this
// tree. Its drivers are not in the module cache that the other lines use.
func isModule(t *testing.T, line string) {
	t.Helper()
	path := line[strings.LastIndex(line, " ")+1:]
	folder := filepath.Join(root, strings.TrimPrefix(path, depgen))
	if text := read(t, filepath.Join(folder, "go.mod")); !strings.HasPrefix(text, "module "+path+"\n") {
		t.Errorf("%s is not the module of its folder", path)
	}
}

// application is a user's module, with a folder and a module cache of its own.
type application struct {
	dir string
	env []string
}

func newApplication(t *testing.T) *application {
	t.Helper()
	proxy, cache := t.TempDir(), t.TempDir()
	release(t, filepath.Join(proxy, depgen, "@v"), "v0.1.0")
	modules := strings.TrimSpace(run(t, root, nil, "go env GOMODCACHE"))
	app := &application{dir: t.TempDir(), env: []string{
		"GOWORK=off",
		"GOMODCACHE=" + cache,
		"GOFLAGS=-modcacherw", // so that the folder can be removed
		"GONOSUMDB=" + depgen,
		// The build of this test has cached depgen's modules; the rest of a build list is fetched.
		"GOPROXY=file://" + proxy + ",file://" + filepath.Join(modules, "cache", "download") + "," + strings.TrimSpace(run(t, root, nil, "go env GOPROXY")),
	}}
	app.run(t, "go mod init example.com/app")
	write(t, filepath.Join(app.dir, "main.go"), "package main\n\nfunc main() {}\n")
	return app
}

// useCheckout links this tree next to the application, under the name on
// the page.
func (a *application) useCheckout(t *testing.T) {
	t.Helper()
	checkout, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	if err := os.Symlink(checkout, filepath.Join(parent, "depgen")); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(parent, "app")
	if err := os.Rename(a.dir, dir); err != nil {
		t.Fatal(err)
	}
	a.dir = dir
}

// enter creates the folder deps, with the Go file that the page describes, and
// enters it.
func (a *application) enter(t *testing.T, _ string) {
	t.Helper()
	a.dir = filepath.Join(a.dir, "deps")
	if err := os.Mkdir(a.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(a.dir, "deps.go"), "package deps\n\n//go:generate go tool depgen\n")
}

func (a *application) run(t *testing.T, line string) {
	t.Helper()
	run(t, a.dir, a.env, line)
}

// redirect runs a line that ends in "> file" and prints JSON.
func (a *application) redirect(t *testing.T, line string) {
	t.Helper()
	command, file, _ := strings.Cut(line, " > ")
	output := run(t, a.dir, a.env, command)
	if !json.Valid([]byte(output)) {
		t.Errorf("%s prints no JSON:\n%s", command, output)
	}
	write(t, filepath.Join(a.dir, file), output)
}

func (a *application) serves(t *testing.T, line string) { t.Helper(); a.serve(t, line) }

var (
	anyAddress = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	anyToken   = regexp.MustCompile(`cc_live_\S+`)
)

// serve starts a command that runs until it is interrupted, waits until it
// prints its address, and interrupts it. It returns the output, with the
// default address and without the token.
func (a *application) serve(t *testing.T, line string) (stdout string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := command(ctx, a.dir, a.env, line+" --addr 127.0.0.1:0")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listens := false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		stdout += lines.Text() + "\n"
		if strings.Contains(lines.Text(), "http://127.0.0.1:") && !listens {
			listens = true
			cancel()
		}
	}
	_ = cmd.Wait() // it reports the cancelled context
	if code := cmd.ProcessState.ExitCode(); !listens || code != 0 {
		t.Errorf("%s: listens: %v, exit code %d\n%s", line, listens, code, &stderr)
	}
	return anyToken.ReplaceAllString(anyAddress.ReplaceAllString(stdout, "127.0.0.1:8080"), "cc_live_…")
}

// release puts this tree into a module proxy's folder.
func release(t *testing.T, dir, version string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	archive, err := os.Create(filepath.Join(dir, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close() // an archive that is cut short fails the test below
	if err := zip.CreateFromDir(archive, module.Version{Path: depgen, Version: version}, root); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "list"), version+"\n")
	write(t, filepath.Join(dir, version+".info"), `{"Version":"`+version+`","Time":"2026-01-01T00:00:00Z"}`)
	write(t, filepath.Join(dir, version+".mod"), read(t, filepath.Join(root, "go.mod")))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func command(ctx context.Context, dir string, env []string, line string) *exec.Cmd {
	words := strings.Fields(line)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	return cmd
}

func run(t *testing.T, dir string, env []string, line string) (stdout string) {
	t.Helper()
	cmd := command(t.Context(), dir, env, line)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", line, err, out, &stderr)
	}
	return string(out)
}
