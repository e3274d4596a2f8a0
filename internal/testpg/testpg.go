// Package testpg runs a PostgreSQL server for the tests of one process, on a
// loopback port and in a temporary folder. It uses the programs of an installed
// PostgreSQL and leaves any other server alone.
package testpg

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/depgen/depgen/internal/testenv"
)

// server is the server of this process. It starts when a test asks for a
// database.
var server struct {
	once sync.Once
	err  error

	bin, dir, port string
	databases      atomic.Int64
}

// Main runs the tests and ends the server. Call it in TestMain.
func Main(m *testing.M) {
	code := m.Run()
	if server.port != "" {
		if err := command("pg_ctl", "stop", "-D", filepath.Join(server.dir, "data"), "-m", "immediate", "-w"); err != nil {
			fmt.Fprintln(os.Stderr, "testpg: stop the server:", err)
			code = max(code, 1)
		}
	}
	if server.dir != "" {
		if err := os.RemoveAll(server.dir); err != nil {
			fmt.Fprintln(os.Stderr, "testpg:", err)
		}
	}
	os.Exit(code)
}

// New returns the URL of a new, empty database. Without PostgreSQL it skips the
// test: see [testenv.Missing].
func New(t testing.TB) (url string) {
	t.Helper()
	server.once.Do(func() { server.err = start() })
	var missing *exec.Error
	if errors.As(server.err, &missing) {
		testenv.Missing(t, "PostgreSQL", server.err)
	}
	if server.err != nil {
		t.Fatalf("testpg: %v", server.err)
	}
	name := fmt.Sprintf("test_%d", server.databases.Add(1))
	if err := command("createdb", "-h", "127.0.0.1", "-p", server.port, "-U", "depgen", "-T", "template0", name); err != nil {
		t.Fatalf("testpg: %v", err)
	}
	return fmt.Sprintf("postgres://depgen@127.0.0.1:%s/%s?sslmode=disable", server.port, name)
}

func start() error {
	var err error
	if server.bin, err = programs(); err != nil {
		return err
	}
	if server.dir, err = os.MkdirTemp("", "testpg-"); err != nil {
		return err
	}
	if err := giveAway(server.dir); err != nil {
		return err
	}
	data := filepath.Join(server.dir, "data")
	if err := command("initdb", "-D", data, "-U", "depgen", "-A", "trust", "-E", "UTF8", "--locale", "C", "--no-sync"); err != nil {
		return err
	}
	for range 5 { // another process may take the port first
		port, err := freePort()
		if err != nil {
			return err
		}
		options := fmt.Sprintf("-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -p %s -c fsync=off -c max_connections=200", port)
		err = command("pg_ctl", "start", "-D", data, "-o", options, "-w", "-l", filepath.Join(server.dir, "log"))
		if err == nil {
			server.port = port
			return nil
		}
		server.err = err
	}
	return server.err
}

// programs returns the folder of the server's programs. Debian keeps them
// outside of PATH.
func programs() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
		return filepath.Dir(newest), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", err
	}
	path, err = filepath.EvalSymlinks(path)
	return filepath.Dir(path), err
}

func version(program string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(program))))
	return n
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not wait
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

// command runs one of PostgreSQL's programs.
func command(name string, args ...string) error {
	cmd := exec.Command(filepath.Join(server.bin, name), args...) //nolint:gosec,noctx // an installed program, which ends by itself
	cmd.Dir = server.dir
	runAsUser(cmd)
	// A file, because the server would inherit a pipe and keep it open.
	out, err := os.CreateTemp(server.dir, name)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(text)))
	}
	return nil
}

// serverUser returns the user that the server runs as if the tests run as root,
// which PostgreSQL refuses. It returns nil for other users.
func serverUser() *user.User {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			return u
		}
	}
	return nil
}

// giveAway makes the server's user the owner of a folder.
func giveAway(dir string) error {
	u := serverUser()
	if u == nil {
		return nil
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return err
	}
	return os.Chown(dir, uid, gid)
}
