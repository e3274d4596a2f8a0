package similar

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
)

// ask is one request of a stream. Answers are right for requests with the same
// contract and the same question.
type ask struct {
	contract, question int
	system, user       string
}

// answer returns the right answer.
func (a ask) answer() string { return fmt.Sprintf("contract %d, question %d", a.contract, a.question) }

func (a ask) dep() cachecore.Dep {
	return cachecore.NewDep(fmt.Sprintf("doc:contract-%d", a.contract))
}

// stream is a sequence of requests.
type stream struct {
	name string
	asks []ask
}

// material is the vendor's.
type material struct {
	System    string     `json:"system"`
	Questions [][]string `json:"questions"` // each in four wordings
	contracts []string
}

func load(tb testing.TB) material {
	tb.Helper()
	text, err := os.ReadFile("testdata/questions.json")
	if err != nil {
		tb.Fatal(err)
	}
	var m material
	if err := json.Unmarshal(text, &m); err != nil {
		tb.Fatal(err)
	}
	names, err := filepath.Glob("testdata/contracts/*.txt")
	if err != nil || len(names) != 10 {
		tb.Fatalf("%d contracts, %v", len(names), err)
	}
	slices.SortFunc(names, cmp.Compare[string])
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		m.contracts = append(m.contracts, string(text))
	}
	return m
}

// streams returns the streams of docs/similar.md.
func (m material) streams() []stream {
	inUser := func(contract int, question string) (system, user string) {
		return m.System, "Contract excerpt:\n" + m.contracts[contract] + "\n\nQuestion: " + question
	}
	inSystem := func(contract int, question string) (system, user string) {
		return m.System + "\n\n" + m.contracts[contract], question
	}
	numbered := func(contract int, question string) (system, user string) {
		return m.System, fmt.Sprintf("For contract %d: %s", 123+contract, question)
	}
	demo := stream{name: "demo, 80"}
	for c := range m.contracts {
		for q, wordings := range m.Questions {
			system, user := inUser(c, wordings[c%len(wordings)])
			demo.asks = append(demo.asks, ask{c, q, system, user})
		}
	}
	notice := stream{name: "contract-N, 100"}
	for n := 100; n < 200; n++ {
		notice.asks = append(notice.asks, ask{n, 0, m.System, fmt.Sprintf("What notice does contract-%d need?", n)})
	}
	return []stream{
		demo,
		{"text in the question, 320", m.all(inUser)},
		{"number in the question, 320", m.all(numbered)},
		notice,
		{"text in the system message, 320", m.all(inSystem)},
	}
}

// all asks each question about each contract in each wording.
func (m material) all(messages func(contract int, question string) (system, user string)) (asks []ask) {
	for c := range m.contracts {
		for w := range m.Questions[0] {
			for q, wordings := range m.Questions {
				system, user := messages(c, wordings[w])
				asks = append(asks, ask{c, q, system, user})
			}
		}
	}
	return asks
}

// texts returns the user messages of all streams, each once.
func (m material) texts() (texts []string) {
	seen := map[string]bool{}
	for _, s := range m.streams() {
		for _, a := range s.asks {
			if !seen[a.user] {
				seen[a.user] = true
				texts = append(texts, a.user)
			}
		}
	}
	return texts
}
