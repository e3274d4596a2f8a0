package otelcachecore_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// dashboard is the part of a Grafana dashboard that the tests read.
type dashboard struct {
	UID    string  `json:"uid"`
	Title  string  `json:"title"`
	Panels []panel `json:"panels"`
}

type panel struct {
	ID          int    `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Type        string `json:"type"`
	GridPos     struct {
		X, Y, W, H int
	}
	Datasource struct {
		UID string `json:"uid"`
	} `json:"datasource"`
	Targets []struct {
		RefID string
		Expr  string `json:"expr"`
	} `json:"targets"`
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	text, err := os.ReadFile("grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDashboard(t *testing.T) {
	t.Parallel()
	d := readDashboard(t)
	if d.UID == "" || d.Title == "" || len(d.Panels) < 8 {
		t.Errorf("uid %q, title %q, %d panels", d.UID, d.Title, len(d.Panels))
	}
	ids, titles, cells := map[int]bool{}, map[string]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		if p.ID < 1 || ids[p.ID] || p.Title == "" || titles[p.Title] || p.Description == "" {
			t.Errorf("panel %d %q has no id, title and description of its own", p.ID, p.Title)
		}
		ids[p.ID], titles[p.Title] = true, true
		if p.Datasource.UID != "${datasource}" {
			t.Errorf("%s has the data source %q, want the variable", p.Title, p.Datasource.UID)
		}
		if g := p.GridPos; g.W < 1 || g.H < 1 || g.X < 0 || g.X+g.W > 24 {
			t.Errorf("%s lies outside of the 24 columns: %+v", p.Title, g)
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if under := cells[[2]int{x, y}]; under != "" {
					t.Fatalf("%s covers %s", p.Title, under)
				}
				cells[[2]int{x, y}] = p.Title
			}
		}
		refs := map[string]bool{}
		for _, target := range p.Targets {
			if target.Expr == "" || target.RefID == "" || refs[target.RefID] {
				t.Errorf("%s has a query %q without an expression or a name of its own", p.Title, target.RefID)
			}
			refs[target.RefID] = true
		}
		if len(refs) == 0 {
			t.Errorf("%s has no query", p.Title)
		}
	}
}

// requireDashboard requires each expression of the dashboard to return numbers.
func requireDashboard(t *testing.T, s *server) {
	t.Helper()
	for _, p := range readDashboard(t).Panels {
		for _, target := range p.Targets {
			expression := strings.ReplaceAll(target.Expr, "$__rate_interval", "5m")
			numbers := 0
			for _, v := range s.query(t, expression) {
				if !math.IsNaN(v) {
					numbers++
				}
			}
			if numbers == 0 {
				t.Errorf("%s: %s returns no numbers", p.Title, expression)
			}
		}
	}
}
