package page

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
	"time"
)

//go:embed files
var files embed.FS

var templates = template.Must(template.New("page").Funcs(template.FuncMap{
	"clock":    func(t time.Time) string { return t.Format(time.TimeOnly) },
	"seconds":  seconds,
	"badge":    badge,
	"moment":   func(t *time.Time) string { return t.Format(time.TimeOnly) },
	"datetime": func(t time.Time) string { return t.Format(time.RFC3339) },
}).ParseFS(files, "files/*.html"))

// seconds returns a duration for people.
func seconds(n int) string {
	switch {
	case n < 60:
		return strconv.Itoa(n) + " s"
	case n < 3600:
		return fmt.Sprintf("%d min", n/60)
	}
	return fmt.Sprintf("%d h %d min", n/3600, n/60%60)
}

// badge returns the class and the text of a status.
func badge(r numberedRequest) map[string]string {
	class, text := strings.ToLower(r.Status), r.Status
	if text == "" {
		class, text = "refused", "refused"
	}
	return map[string]string{"Class": class, "Text": text}
}

// view is the data of the templates.
type view struct {
	*Snapshot
	Graph graph
	Last  string // the event to continue after
}

// HTML writes the page.
func (p *Page) HTML(w io.Writer) error {
	s := p.snapshot(maxRequests)
	last := 0
	if len(s.Requests) > 0 {
		last = s.Requests[0].Number
	}
	return templates.ExecuteTemplate(w, "page.html", view{s, draw(s), fmt.Sprintf("%s-%d", p.boot, last)})
}

// JSON returns the content of the page.
func (p *Page) JSON() ([]byte, error) { return json.Marshal(p.snapshot(maxRequests)) }

// File returns a file of the page and its media type.
func File(name string) (content []byte, mediaType string) {
	switch name {
	case "page.js":
		mediaType = "text/javascript; charset=utf-8"
	case "page.css":
		mediaType = "text/css; charset=utf-8"
	case "icon.svg":
		mediaType = "image/svg+xml"
	default:
		return nil, ""
	}
	content, err := files.ReadFile("files/" + name)
	if err != nil {
		panic(err) // the file is embedded
	}
	return content, mediaType
}

// parts names the parts of the page that change as a whole, by the id of the
// element that contains each.
var parts = []string{"totals", "findings", "graph", "invalidations", "deps", "kinds"}

// renderParts returns the HTML of each part.
func renderParts(s *Snapshot) (map[string]string, error) {
	out := map[string]string{}
	for _, name := range parts {
		html, err := render(name, view{Snapshot: s, Graph: draw(s)})
		if err != nil {
			return nil, err
		}
		out[name] = html
	}
	return out, nil
}

func render(name string, data any) (string, error) {
	var out strings.Builder
	err := templates.ExecuteTemplate(&out, name, data)
	return out.String(), err
}
