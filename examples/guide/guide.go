// Package guide contains the Go code of the pages in docs, so that it is
// compiled and run: a desk that answers questions from documents, and
// its tests.
package guide

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"github.com/depgen/depgen/examples/guide/deps"
	"github.com/depgen/depgen/runtime/cachecore"
)

// Desk answers questions from documents, and changes them.
type Desk struct {
	llm openai.Client
	db  *DB
}

// NewDesk returns a desk that asks the gateway at url through client.
func NewDesk(db *DB, url string, client *http.Client) *Desk {
	return &Desk{db: db, llm: openai.NewClient(
		option.WithBaseURL(url+"/v1"),
		option.WithHTTPClient(client),
		option.WithAPIKey("the gateway holds the real one"),
	)}
}

// Ask answers a question about one document.
func (d *Desk) Ask(ctx context.Context, id string) (string, error) {
	ctx = cachecore.WithDeps(ctx, deps.DepDoc(id))
	return d.complete(ctx, "What notice does "+id+" need?")
}

// AskAll answers a question about all documents.
func (d *Desk) AskAll(ctx context.Context) (string, error) {
	ctx = cachecore.WithDeps(ctx, deps.DepTable(deps.TableDocs))
	return d.complete(ctx, "Which document needs the longest notice?")
}

// Change writes a document, and then drops the answers that were made from it.
func (d *Desk) Change(ctx context.Context, id, text string) error {
	if err := d.db.Put(ctx, id, text); err != nil {
		return err
	}
	return deps.InvalidateDoc(ctx, id)
}

// Compare answers a question about two documents. It names no dep: Doc reports
// each document that it reads.
func (d *Desk) Compare(ctx context.Context, a, b string) (string, error) {
	ctx = cachecore.Track(ctx)
	first, err := d.db.Doc(ctx, a)
	if err != nil {
		return "", err
	}
	second, err := d.db.Doc(ctx, b)
	if err != nil {
		return "", err
	}
	return d.complete(ctx, "How do these documents differ?", first, second)
}

// complete asks the model about documents. The documents and the scope are in
// the system message, so answers from other data do not match the request.
func (d *Desk) complete(ctx context.Context, question string, documents ...string) (string, error) {
	lines := slices.Concat([]string{"Answer in one sentence."}, documents, []string{cachecore.Scope(ctx)})
	return d.ask(ctx, question, strings.Join(lines, "\n"))
}

func (d *Desk) ask(ctx context.Context, question, system string) (string, error) {
	return d.send(ctx, []openai.ChatCompletionMessageParamUnion{
		openai.SystemMessage(system),
		openai.UserMessage(question),
	})
}

func (d *Desk) send(ctx context.Context, messages []openai.ChatCompletionMessageParamUnion) (string, error) {
	answer, err := d.llm.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{Model: "gpt-4o", Messages: messages})
	if err != nil {
		return "", err
	}
	if len(answer.Choices) == 0 {
		return "", errors.New("the model gave no answer")
	}
	return answer.Choices[0].Message.Content, nil
}
