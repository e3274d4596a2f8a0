package guide

import (
	"context"
	"slices"
	"strconv"

	"github.com/openai/openai-go/v3"

	"github.com/depgen/depgen/examples/guide/deps"
	"github.com/depgen/depgen/runtime/cachecore"
)

// Chat answers any question about one document. The text of the document is in
// the system message.
func (d *Desk) Chat(ctx context.Context, id, question string) (string, error) {
	ctx = cachecore.Track(ctx)
	text, err := d.db.Doc(ctx, id)
	if err != nil {
		return "", err
	}
	return d.complete(ctx, question, text)
}

// FAQ answers a question that has a name, in any words.
func (d *Desk) FAQ(ctx context.Context, id, name, question string) (string, error) {
	ctx = cachecore.WithDeps(ctx, deps.DepDoc(id))
	return d.ask(ctx, question, "Answer in one sentence.\n"+cachecore.Scope(ctx, name))
}

// Calculate answers a question whose numbers matter.
func (d *Desk) Calculate(ctx context.Context, id, question string) (string, error) {
	ctx = cachecore.WithDeps(ctx, deps.DepDoc(id))
	return d.ask(ctx, question, "Answer with a number.\n"+cachecore.Scope(ctx, question))
}

// Greet answers without any data.
func (d *Desk) Greet(ctx context.Context, greeting string) (string, error) {
	return d.ask(ctx, greeting, "Return the greeting.\n"+cachecore.Scope(ctx, "greeting"))
}

// Conversation is a conversation about one document.
type Conversation struct {
	desk     *Desk
	id, doc  string
	messages []openai.ChatCompletionMessageParamUnion // without the system message
}

// Converse begins a conversation. Its id keeps its questions apart from those
// of all others.
func (d *Desk) Converse(id, doc string) *Conversation {
	return &Conversation{desk: d, id: id, doc: doc}
}

// Ask asks the next question of the conversation, in a scope of its own.
func (c *Conversation) Ask(ctx context.Context, question string) (string, error) {
	ctx = cachecore.WithDeps(ctx, deps.DepDoc(c.doc))
	turn := strconv.Itoa(len(c.messages))
	system := openai.SystemMessage("Answer in one sentence.\n" + cachecore.Scope(ctx, c.id, turn, question))
	asked := openai.UserMessage(question)
	messages := slices.Insert(slices.Clone(c.messages), 0, system)
	answer, err := c.desk.send(ctx, append(messages, asked))
	if err != nil {
		return "", err
	}
	c.messages = append(c.messages, asked, openai.AssistantMessage(answer))
	return answer, nil
}
