package prompt

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxUserText limits the text that UserText returns, in bytes. Embedding models
// read less of it.
const MaxUserText = 32 << 10

// UserText returns the start of the texts of the user messages, joined by line
// breaks. It skips content that is not text, such as images. It copies no text
// whole that is longer than the result can be.
func UserText(body []byte) string {
	var p struct {
		Messages []userMessage `json:"messages"`
	}
	if json.Unmarshal(body, &p) != nil {
		return ""
	}
	var text strings.Builder
	for _, m := range p.Messages {
		if m.text == "" {
			continue
		}
		if text.Len() > 0 {
			text.WriteByte('\n')
		}
		text.WriteString(m.text)
		if text.Len() > MaxUserText {
			break
		}
	}
	return Start(text.String(), MaxUserText)
}

// QuestionText returns the start of the text of the user's last message, like
// [UserText].
func QuestionText(body []byte) string {
	var p struct {
		Messages []userMessage `json:"messages"`
	}
	if json.Unmarshal(body, &p) != nil {
		return ""
	}
	for _, m := range slices.Backward(p.Messages) {
		if m.isUser {
			return Start(m.text, MaxUserText)
		}
	}
	return ""
}

// Start returns the start of a text, of at most limit bytes of whole runes. It
// does not keep the rest in memory.
func Start(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return strings.Clone(text[:limit])
}

// userMessage is a message whose text is read if a user sent it.
type userMessage struct {
	text   string
	isUser bool
}

// UnmarshalJSON implements [json.Unmarshaler].
func (m *userMessage) UnmarshalJSON(data []byte) error {
	var head struct {
		Role any `json:"role"`
	}
	if err := json.Unmarshal(data, &head); err != nil || head.Role != "user" {
		return err
	}
	var user struct {
		Content content `json:"content"`
	}
	err := json.Unmarshal(data, &user)
	m.text, m.isUser = string(user.Content), true
	return err
}

// content is the start of the text of a message, which may be split into parts.
type content string

// UnmarshalJSON implements [json.Unmarshaler]. Content of another type has no
// text.
func (c *content) UnmarshalJSON(data []byte) error {
	if data[0] != '[' {
		var t start
		err := t.UnmarshalJSON(data)
		*c = content(t)
		return err
	}
	var parts []struct {
		Text start `json:"text"`
	}
	_ = json.Unmarshal(data, &parts) // parts of another type have no text
	var text strings.Builder
	for _, p := range parts {
		text.WriteString(string(p.Text))
		if text.Len() > MaxUserText {
			break
		}
	}
	*c = content(text.String())
	return nil
}

// start is the start of a string: it may be cut after MaxUserText bytes.
type start string

// UnmarshalJSON implements [json.Unmarshaler]. Other values are empty.
func (s *start) UnmarshalJSON(data []byte) error {
	if data[0] != '"' {
		return nil
	}
	var text string
	err := json.Unmarshal(shorten(data, MaxUserText), &text)
	*s = start(text)
	return err
}

// shorten returns a JSON string that begins like data, with more than limit
// bytes of text if data has them.
func shorten(data []byte, limit int) []byte {
	const longest = len(`\u0000`) // for one byte of text
	enough := longest * (limit + utf8.UTFMax)
	if len(data) <= enough {
		return data
	}
	at := 1
	for at < enough {
		switch {
		case data[at] != '\\':
			at++
		case data[at+1] == 'u':
			at += longest
		default:
			at += 2
		}
	}
	return append(data[:at:at], '"')
}
