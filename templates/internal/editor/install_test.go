package editor

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/depgen/depgen/internal/testenv"
)

const serverVersion = "2.0.0"

// serverCommand returns the command line of the language server. It skips the
// test if Node.js, npm or its registry is missing.
func serverCommand(t *testing.T) []string {
	t.Helper()
	node, err := exec.LookPath("node")
	var server string
	if err == nil {
		server, err = install(t.Context())
	}
	if err != nil {
		testenv.Missing(t, "Node.js with yaml-language-server from npm", err)
	}
	return []string{node, server, "--stdio"}
}

// install returns the path of the language server's script. It installs the
// script unless an earlier run has.
func install(ctx context.Context) (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "depgen-editor", "yaml-language-server-"+serverVersion)
	script := filepath.Join(dir, "node_modules", "yaml-language-server", "bin", "yaml-language-server")
	if _, err := os.Stat(script); err == nil {
		return script, nil
	}
	return script, installInto(ctx, npm, dir)
}

// installInto installs the server next to dir and then moves it there, so that
// dir is complete or missing.
func installInto(ctx context.Context, npm, dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	unfinished, err := os.MkdirTemp(filepath.Dir(dir), "unfinished-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(unfinished)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, npm, "install", "--prefix", unfinished,
		"--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0", "--loglevel=error",
		"yaml-language-server@"+serverVersion)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm install: %w: %s", err, out)
	}
	if err := os.Rename(unfinished, dir); err != nil {
		if _, missing := os.Stat(dir); missing != nil {
			return err
		} // otherwise another run was faster
	}
	return nil
}
