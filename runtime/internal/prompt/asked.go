package prompt

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
)

// Asked sums up the content of a message of the user.
type Asked struct {
	Sum  Sum
	Text string // the start of its text
}

// Limits of the content that is read as text, in bytes.
const (
	maxRead  = 64 << 10
	maxShown = 200
)

// Question returns the content of the last message of the user. It is empty if
// there is no such message.
func (p *Prompt) Question() Asked {
	for _, m := range slices.Backward(p.Messages) {
		if m.Role == "user" {
			return m.Asked
		}
	}
	return Asked{}
}

// UnmarshalJSON implements [json.Unmarshaler]. It copies no long content: equal
// texts have equal sums if they are short, or spelled alike.
func (a *Asked) UnmarshalJSON(raw []byte) error {
	a.Sum = sha256.Sum256(raw)
	var text Text
	if len(raw) <= maxRead && json.Unmarshal(raw, &text) == nil {
		a.Sum = sha256.Sum256([]byte(text))
		a.Text = Start(string(text), maxShown)
	}
	return nil
}
