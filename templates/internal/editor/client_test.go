package editor

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// client speaks the Language Server Protocol with one server. The files that it
// opens don't exist on disk.
type client struct {
	in     io.Writer
	out    *textproto.Reader
	schema string // the URI of the JSON Schema
	calls  int

	published map[string][]diagnostic // by URI
}

// message is a request, a response or a notification.
type message struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

type position struct {
	Line      int `json:"line"` // both from 0
	Character int `json:"character"`
}

type diagnostic struct {
	Range struct {
		Start position `json:"start"`
	} `json:"range"`
	Message string `json:"message"`
}

// object is the params or the result of a message.
type object = map[string]any

func startClient(t *testing.T) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	line := serverCommand(t)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it reports that the server was killed
	})
	schema, err := filepath.Abs("../../deps.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	c := &client{
		in: in, out: textproto.NewReader(bufio.NewReader(out)),
		schema: "file://" + filepath.ToSlash(schema), published: map[string][]diagnostic{},
	}
	c.call(t, "initialize", object{
		"processId": os.Getpid(), "rootUri": nil,
		"capabilities": object{
			"workspace":    object{"configuration": true},
			"textDocument": object{"hover": object{"contentFormat": []string{"markdown"}}},
		},
	})
	c.notify(t, "initialized", object{})
	for configured := false; !configured; {
		configured = c.receive(t).Method == "workspace/configuration"
	}
	return c
}

// open sends a file. It adds a line that names the JSON Schema at the top, so
// lines of text count from 1.
func (c *client) open(t *testing.T, uri, text string) {
	t.Helper()
	c.notify(t, "textDocument/didOpen", object{"textDocument": object{
		"uri": uri, "languageId": "yaml", "version": 1,
		"text": "# yaml-language-server: $schema=" + c.schema + "\n" + text,
	}})
}

// diagnose waits for the diagnostics of a file.
func (c *client) diagnose(t *testing.T, uri string) []diagnostic {
	t.Helper()
	for {
		if found, ok := c.published[uri]; ok {
			return found
		}
		c.receive(t)
	}
}

// hover returns the text that an editor shows at a position.
func (c *client) hover(t *testing.T, uri string, at position) string {
	t.Helper()
	var answer struct {
		Contents struct {
			Value string `json:"value"`
		} `json:"contents"`
	}
	result := c.call(t, "textDocument/hover", object{"textDocument": object{"uri": uri}, "position": at})
	if err := json.Unmarshal(result, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Contents.Value
}

func (c *client) call(t *testing.T, method string, params any) json.RawMessage {
	t.Helper()
	c.calls++
	id := strconv.Itoa(c.calls)
	c.send(t, message{ID: json.RawMessage(id), Method: method, Params: marshal(t, params)})
	for {
		m := c.receive(t)
		if m.Method != "" || string(m.ID) != id {
			continue
		}
		if m.Error != nil {
			t.Fatalf("%s: %s", method, m.Error)
		}
		return m.Result
	}
}

func (c *client) notify(t *testing.T, method string, params any) {
	t.Helper()
	c.send(t, message{Method: method, Params: marshal(t, params)})
}

func (c *client) send(t *testing.T, m message) {
	t.Helper()
	m.Version = "2.0"
	body := marshal(t, m)
	if _, err := fmt.Fprintf(c.in, "Content-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		t.Fatalf("send to the language server: %v", err)
	}
}

// receive reads the next message. It stores diagnostics and answers the
// server's own requests.
func (c *client) receive(t *testing.T) message {
	t.Helper()
	header, err := c.out.ReadMIMEHeader()
	if err != nil {
		t.Fatalf("read from the language server: %v", err)
	}
	length, err := strconv.Atoi(header.Get("Content-Length"))
	if err != nil {
		t.Fatal(err)
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(c.out.R, body); err != nil {
		t.Fatalf("read from the language server: %v", err)
	}
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	switch {
	case m.Method == "textDocument/publishDiagnostics":
		var p struct {
			URI         string       `json:"uri"`
			Diagnostics []diagnostic `json:"diagnostics"`
		}
		if err := json.Unmarshal(m.Params, &p); err != nil {
			t.Fatal(err)
		}
		c.published[p.URI] = p.Diagnostics
	case m.Method == "workspace/configuration":
		c.send(t, message{ID: m.ID, Result: configuration(t, m.Params)})
	case m.Method != "" && m.ID != nil:
		c.send(t, message{ID: m.ID, Result: json.RawMessage("null")})
	}
	return m
}

// configuration answers a request for settings.
func configuration(t *testing.T, params json.RawMessage) json.RawMessage {
	t.Helper()
	var asked struct {
		Items []struct {
			Section string `json:"section"`
		} `json:"items"`
	}
	if err := json.Unmarshal(params, &asked); err != nil {
		t.Fatal(err)
	}
	settings := make([]object, len(asked.Items))
	for i, item := range asked.Items {
		settings[i] = object{}
		if item.Section == "yaml" {
			// By default, the server fetches a list of schemas for all kinds of
			// files.
			settings[i] = object{"validate": true, "hover": true, "schemaStore": object{"enable": false}}
		}
	}
	return marshal(t, settings)
}

func marshal(t *testing.T, v any) json.RawMessage {
	t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return body
}
