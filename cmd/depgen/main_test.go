package main

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata/script")

// TestMain lets scripts run the test binary as depgen.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"depgen": main})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	goEnv := offlineGo(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, goEnv...)
			env.Setenv("ESC", "\x1b")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"age":   cmdAge,
			"exits": cmdExits,
			"mode":  cmdMode,
			"write": cmdWrite,
		},
	})
}

// offlineGo returns the environment for scripts that build modules of their
// own. They use this repository and the modules that this test was built with,
// without a download. REQUIRE contains the flags of go mod edit that select
// these modules: a workspace selects newer ones than this module's go.mod, and
// only those have been downloaded.
func offlineGo(t *testing.T) []string {
	t.Helper()
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"REPO=" + repo, "GOFLAGS=-mod=mod", "GOPROXY=off", "GOSUMDB=off", "GOWORK=off"}
	for _, key := range []string{"GOCACHE", "GOMODCACHE"} {
		value, err := exec.CommandContext(t.Context(), "go", "env", key).Output()
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, key+"="+strings.TrimSpace(string(value)))
	}
	const format = "{{with .Module}}{{if .Version}}-require={{.Path}}@{{.Version}}{{end}}{{end}}"
	modules, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", format, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	require := strings.Fields(string(modules))
	slices.Sort(require)
	return append(env, "REQUIRE="+strings.Join(slices.Compact(require), " "))
}

// cmdExits runs a program and requires its exit code: exits 2 depgen --unknown.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code program [args...]")
	}
	got := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = strconv.Itoa(exit.ExitCode())
	}
	if got != args[0] {
		ts.Fatalf("exit code: got %s, want %s", got, args[0])
	}
}

// longAgo is a modification time that no file written by a test has.
var longAgo = time.Date(2001, time.February, 3, 4, 5, 6, 0, time.UTC)

// cmdAge sets a file's modification time to long ago with "age set file". With
// "age file" it requires that the file still has it, and with "! age file" that
// it doesn't.
func cmdAge(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 2 && args[0] == "set" {
		ts.Check(os.Chtimes(ts.MkAbs(args[1]), longAgo, longAgo))
		return
	}
	if len(args) != 1 {
		ts.Fatalf("usage: age [set] file")
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if old := info.ModTime().Equal(longAgo); old == neg {
		ts.Fatalf("%s was modified at %v", args[0], info.ModTime())
	}
}

// cmdMode requires a file's permissions: mode 644 file.
func cmdMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode permissions file")
	}
	want, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	info, err := os.Lstat(ts.MkAbs(args[1]))
	ts.Check(err)
	if info.Mode() != fs.FileMode(want) {
		ts.Fatalf("mode of %s: got %v, want %v", args[1], info.Mode(), fs.FileMode(want))
	}
}

// cmdWrite writes a Go string to a file, because a script cannot contain all
// bytes: write file "version: 1\x00".
func cmdWrite(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: write file quoted-text")
	}
	text, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), newFileMode))
}
