package simulation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/depgen/depgen/runtime/cachecore"
)

// reader asks about documents, one after the other.
type reader struct {
	*process
	*dice
}

const (
	askEvery     = 15 * time.Second // on average, for each reader
	hangUpAsking = 0.1              // the share of questions that are given up
)

// run asks until ctx ends.
func (r *reader) run(ctx context.Context) {
	for pause(ctx, r.between(0, 2*askEvery)/r.strategy.pace()) {
		r.ask(r.below(r.strategy.documents()))
	}
}

// ask sends a question the way SDKs do. It sends it again after a missing
// answer or a refusal, but not if the answer breaks off.
func (r *reader) ask(doc int) {
	q := &question{doc: doc}
	life := r.now()
	ctx := r.declare(life.ctx, q)
	if r.chance(hangUpAsking) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.between(0, 10*time.Second))
		defer cancel()
	}
	for range 3 {
		got, err := post(ctx, life.client, doc)
		if err == nil {
			r.world.answered(q, got)
		}
		if err == nil || errors.Is(err, errBrokeOff) {
			return
		}
		if !pause(ctx, r.between(500*time.Millisecond, 3*time.Second)) {
			return
		}
	}
}

// declare returns a context for requests that ask the question and depend on
// its document.
func (s *simulation) declare(ctx context.Context, q *question) context.Context {
	if s.strategy.versioned {
		s.world.read(q) // the dep contains the version
	}
	return cachecore.WithDeps(context.WithValue(ctx, questionKey{}, q), s.dep(q.doc, q.version.Load()))
}

// answer is the answer that a reader gets.
type answer struct {
	version int64 // the version that the answer is based on
	hit     bool  // whether it comes from the cache
}

var errBrokeOff = errors.New("the answer broke off")

// post sends a question about the document once. It returns an error for a
// status other than 200.
func post(ctx context.Context, client *cachecore.Client, doc int) (answer, error) {
	body := fmt.Sprintf(`{"model":"m","messages":[{"role":"user","content":"What does document %d say?"}]}`, doc)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, gatewayURL+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.HTTPClient().Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return answer{}, errors.New(resp.Status)
	}
	var said struct{ Version int64 }
	if json.NewDecoder(resp.Body).Decode(&said) != nil {
		return answer{}, errBrokeOff
	}
	return answer{said.Version, cachecore.ParseStatus(resp.Header).Hit()}, nil
}
