package devgateway

import (
	"strings"
	"testing"
)

func TestLoggedPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"":                             "",
		"seed":                         "seed",
		"tools[2].function.name":       "tools[2].function.name",
		"messages[10].content[0].text": "messages[10].content[0].text",
		"[0][1]":                       "[0][1]",
		`["PROMPT"]`:                   "",
		`a["x.y"].b`:                   "a",
		`a[0]["x[1].y"]`:               "a[0]",
		"PROMPT":                       "",
		"a.Prompt.b":                   "a",
		"a.my-name":                    "a",
		"a.$ref":                       "a",
		"metadata.name":                "metadata",
		"metadata[0].name":             "metadata",
		"tools[0].function.parameters.properties.mrs_x.type":  "tools[0].function.parameters",
		"response_format.json_schema.schema.definitions.name": "response_format.json_schema.schema",
		"properties":                   "properties",
		"a.b…":                         "a",
		"a." + strings.Repeat("x", 41): "a." + strings.Repeat("x", 41),
		"a." + strings.Repeat("x", 42): "a",
	} {
		if got := loggedPath(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}
