// Command benchmarks compares depgen with its alternatives, and writes the
// results into BENCHMARKS.md. Run it in the repository's root:
//
//	go run ./cmd/benchmarks
//
// It builds the alternatives from the Go module proxy, which requires a C
// compiler and takes some minutes the first time. It installs the vendor's
// Python client into a new folder, which requires Python 3.10 with venv and
// pip. All servers listen on loopback addresses.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"

	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
)

const document = "BENCHMARKS.md"

// section is a part of the measurements that can run alone.
type section struct {
	name    string
	measure func(context.Context, *bench) ([]table.Row, error)
}

var sections = []section{
	{"generate", measureGenerate},
	{"transport", measureTransport},
	{"scope", measureScope},
	{"invalidate", measureInvalidate},
	{"gateway", measureGateway},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "benchmarks:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "", "measure one `section` ("+names()+"), and only print its table")
	quick := flags.Bool("quick", false, "measure too little to tell anything, only to see that all works, and only print the table")
	before := flags.String("before", "", "compare the hits of the local gateway with those of an earlier depgen, a `program`")
	deps := flags.Int("hold", 0, "only print how much memory an invalidation of `n` deps takes, as JSON; a measurement runs this as a process")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *deps != 0 {
		h, err := hold(ctx, *deps)
		if err != nil {
			return err
		}
		return json.NewEncoder(stdout).Encode(h)
	}
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	b, err := newBench(*quick, stderr)
	if err != nil {
		return err
	}
	defer b.close()
	b.before = *before
	rows, err := measure(ctx, b, chosen)
	if err != nil {
		return err
	}
	content := machine() + "\n\n" + table.Markdown(rows)
	if _, err := io.WriteString(stdout, content); err != nil {
		return fmt.Errorf("print the table: %w", err)
	}
	if *quick || *only != "" {
		return nil
	}
	return write(document, content)
}

func names() string {
	var all []string
	for _, s := range sections {
		all = append(all, s.name)
	}
	return strings.Join(all, ", ")
}

func choose(name string) ([]section, error) {
	if name == "" {
		return sections, nil
	}
	i := slices.IndexFunc(sections, func(s section) bool { return s.name == name })
	if i < 0 {
		return nil, fmt.Errorf("there is no section %q: name one of %s", name, names())
	}
	return sections[i : i+1], nil
}

func measure(ctx context.Context, b *bench, chosen []section) ([]table.Row, error) {
	var all []table.Row
	for _, s := range chosen {
		fmt.Fprintf(b.log, "measuring %s\n", s.name)
		rows, err := s.measure(ctx, b)
		if err != nil {
			return nil, fmt.Errorf("measure %s: %w", s.name, err)
		}
		for _, r := range rows {
			r.Command = "go run ./cmd/benchmarks -only " + s.name
			all = append(all, r)
		}
	}
	return all, nil
}

// machine describes the machine that the figures depend on.
func machine() string {
	return fmt.Sprintf("Measured on %d CPUs with %s on %s/%s.", runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func write(path, content string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the document: %w", err)
	}
	text, err := table.Replace(string(old), content)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // the caller names it
		return fmt.Errorf("write the document: %w", err)
	}
	return nil
}
