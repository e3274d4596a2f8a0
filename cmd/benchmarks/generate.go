package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/depgen/depgen/cmd/benchmarks/internal/stats"
	"github.com/depgen/depgen/cmd/benchmarks/internal/table"
)

// generators are the programs to compare.
type generators struct {
	bench                  *bench
	depgen, sqlc, stringer string // paths
	sqlcName, stringerName string // with versions
}

func measureGenerate(ctx context.Context, b *bench) ([]table.Row, error) {
	g, err := newGenerators(ctx, b)
	if err != nil {
		return nil, err
	}
	var rows []table.Row
	for _, f := range []func(context.Context) ([]table.Row, error){g.small, g.large, g.huge} {
		part, err := f(ctx)
		if err != nil {
			return nil, err
		}
		rows = append(rows, part...)
	}
	return rows, nil
}

func newGenerators(ctx context.Context, b *bench) (*generators, error) {
	g := &generators{bench: b}
	var err error
	if g.depgen, err = b.buildOwn(ctx, "cmd/depgen"); err != nil {
		return nil, err
	}
	if g.sqlc, err = b.buildPeer(ctx, "github.com/sqlc-dev/sqlc/cmd/sqlc"); err != nil {
		return nil, err
	}
	if g.stringer, err = b.buildPeer(ctx, "golang.org/x/tools/cmd/stringer"); err != nil {
		return nil, err
	}
	sqlc, err := version(g.sqlc)
	if err != nil {
		return nil, err
	}
	stringer, err := version(g.stringer)
	if err != nil {
		return nil, err
	}
	g.sqlcName, g.stringerName = "sqlc "+sqlc, "stringer "+stringer
	return g, nil
}

// small measures a schema of the size that a project starts with.
func (g *generators) small(ctx context.Context) ([]table.Row, error) {
	dir, err := g.bench.folder(map[string]string{"deps.yaml": kinds(3)})
	if err != nil {
		return nil, err
	}
	tables, err := g.bench.folder(tables(3))
	if err != nil {
		return nil, err
	}
	constants, err := g.bench.folder(constants(3))
	if err != nil {
		return nil, err
	}
	got, err := stats.Interleave(ctx, g.bench.pick(40, 3),
		g.written(dir),
		process{program: g.sqlc, args: []string{"generate"}, dir: tables, output: "db"}.measure,
		process{program: g.stringer, args: []string{"-type", "Color"}, dir: constants, output: "color_string.go"}.measure,
	)
	if err != nil {
		return nil, err
	}
	const name = "`depgen generate`, 3 kinds"
	return []table.Row{
		timed(name, got[0], g.sqlcName+", 3 tables", got[1], table.AtMost(0.5)),
		timed(name, got[0], g.stringerName+", 3 constants", got[2], table.Goal{}),
	}, nil
}

// large measures a schema larger than that of any known project.
func (g *generators) large(ctx context.Context) ([]table.Row, error) {
	n := g.bench.pick(1000, 100)
	dir, err := g.bench.folder(map[string]string{"deps.yaml": kinds(n)})
	if err != nil {
		return nil, err
	}
	same, err := g.bench.folder(map[string]string{"deps.yaml": kinds(n)})
	if err != nil {
		return nil, err
	}
	unchanged := process{program: g.depgen, args: []string{"generate"}, dir: same}.measure
	if _, err := unchanged(ctx); err != nil { // the first run writes the file that later runs leave unchanged
		return nil, err
	}
	tables, err := g.bench.folder(tables(n))
	if err != nil {
		return nil, err
	}
	got, err := stats.Interleave(ctx, g.bench.pick(20, 2),
		g.written(dir),
		unchanged,
		process{program: g.depgen, args: []string{"check"}, dir: same}.measure,
		process{program: g.sqlc, args: []string{"generate"}, dir: tables, output: "db"}.measure,
	)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("`depgen generate`, %d kinds", n)
	return []table.Row{
		timed(name, got[0], fmt.Sprintf("%s, %d tables with two queries each", g.sqlcName, n), got[3], table.AtMost(0.5)),
		timed("the same, nothing to write", got[1], name, got[0], table.Goal{}),
		timed(fmt.Sprintf("`depgen check`, %d kinds", n), got[2], name, got[0], table.AtMost(1)),
	}, nil
}

// huge measures the cost of a kind with ten times as many kinds.
func (g *generators) huge(ctx context.Context) ([]table.Row, error) {
	n := g.bench.pick(1000, 100)
	dir, err := g.bench.folder(map[string]string{"deps.yaml": kinds(n)})
	if err != nil {
		return nil, err
	}
	huge, err := g.bench.folder(map[string]string{"deps.yaml": kinds(10 * n)})
	if err != nil {
		return nil, err
	}
	got, err := stats.Interleave(ctx, g.bench.pick(7, 1), g.written(dir), g.written(huge))
	if err != nil {
		return nil, err
	}
	return []table.Row{
		timed(fmt.Sprintf("`depgen generate`, %d kinds", 10*n), got[1], fmt.Sprintf("`depgen generate`, %d kinds", n), got[0], table.AtMost(12)),
	}, nil
}

// written runs depgen on a schema without existing output.
func (g *generators) written(dir string) stats.Measure {
	return process{program: g.depgen, args: []string{"generate"}, dir: dir, output: "deps_gen.go"}.measure
}

// process is a program that is measured from its start to its end.
type process struct {
	program string
	args    []string
	dir     string
	output  string // in dir; removed before the start
}

func (p process) measure(ctx context.Context) (time.Duration, error) {
	if p.output != "" {
		if err := os.RemoveAll(filepath.Join(p.dir, p.output)); err != nil {
			return 0, fmt.Errorf("remove the output: %w", err)
		}
	}
	cmd := exec.CommandContext(ctx, p.program, p.args...) //nolint:gosec // a program that was built here
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	begun := time.Now()
	err := execute(cmd)
	return time.Since(begun), err
}
