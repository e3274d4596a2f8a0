package jsondiff_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/depgen/depgen/runtime/internal/jsondiff"
)

func TestFirst(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("The parties agree. ", 20)
	tests := []struct{ name, a, b, path, left, right string }{
		{"member", `{"tools":[0,0,{"function":{"name":"b"}}]}`, `{"tools":[0,0,{"function":{"name":"a"}}]}`, "tools[2].function.name", `"b"`, `"a"`},
		{"first of several, in the order of a", `{"x":1,"y":2}`, `{"y":3,"x":4}`, "x", "1", "4"},
		{"missing on the right", `{"a":1,"n":{"x":null}}`, `{"a":1}`, "n", `{"x":null}`, "(missing)"},
		{"missing on the left", `{"a":1}`, `{"seed":7,"a":1}`, "seed", "(missing)", "7"},
		{"longer array", `[1,2]`, `[1,2,[3]]`, "[2]", "(missing)", "[3]"},
		{"shorter array", `{"a":[[],1]}`, `{"a":[[]]}`, "a[1]", "1", "(missing)"},
		{"other type", `{"a":"1"}`, `{"a":1}`, "a", `"1"`, "1"},
		{"literal", `[true,null]`, `[true,false]`, "[1]", "null", "false"},
		{"root", `1`, `"1"`, "", "1", `"1"`},
		{"root number", ` 1`, `2`, "", "1", "2"},
		{"empty containers", `{"a":{}}`, `{"a":[]}`, "a", "{}", "[]"},
		{"odd names", `{"a b":{"":{"1":{"x.y":1}}}}`, `{"a b":{"":{"1":{"x.y":2}}}}`, `["a b"][""]["1"]["x.y"]`, "1", "2"},
		{"escaped name", `{"\u0061":1}`, `{"a":2}`, "a", "1", "2"},
		{"repeated name", `{"a":1,"a":2}`, `{"a":1,"a":3}`, "a", "2", "3"},
		{"name repeated on the right", `{"a":1}`, `{"a":1,"a":1}`, "a", "(missing)", "1"},
		{"large numbers", `[1e400, 123456789012345678901]`, `[1e400, 123456789012345678902]`, "[1]", "123456789012345678901", "123456789012345678902"},
		{"sign", `[-1]`, `[1]`, "[0]", "-1", "1"},
		{"exponent out of range", `[1e99999999999]`, `[1e99999999998]`, "[0]", "1e99999999999", "1e99999999998"},
		{"long texts, cut near the difference", `["` + long + `one"]`, `["` + long + `two"]`, "[0]", `…ties agree. one"`, `…ties agree. two"`},
		{"long texts, cut at the end", `["x` + long + `"]`, `["y` + long + `"]`, "[0]", `"xThe parties agree. The parties agree. The parties agree…`, `"yThe parties agree. The parties agree. The parties agree…`},
		{"cut at a rune", `["` + strings.Repeat("é", 40) + `"]`, `["x"]`, "[0]", `"` + strings.Repeat("é", 28) + "…", `"x"`},

		{"order of keys", `{"model":"m","n":1,"seed":2}`, `{"model":"m","seed":2,"n":1}`, "", `keys "n", "seed"`, `keys "seed", "n"`},
		{"order of keys inside", `{"a":[{"x":1,"y":2}]}`, `{"a":[{"y":2,"x":1}]}`, "a[0]", `keys "x", "y"`, `keys "y", "x"`},
		{"a value before an order", `{"x":{"b":1,"c":1},"y":1}`, `{"x":{"c":1,"b":1},"y":2}`, "y", "1", "2"},
		{"many keys", keys("a", "b"), keys("b", "a"), "", `keys "a", "b", "00000000", "11111111", "22222222", "33333333", …`, `keys "b", "a", "00000000", "11111111", "22222222", "33333333", …`},
		{"spelling of a number", `{"t":1.0}`, `{"t":1}`, "t", "1.0", "1"},
		{"spelling of a number before a value", `{"t":1.0,"u":1}`, `{"t":1,"u":2}`, "t", "1.0", "1"},
		{"exponents", `[1E2]`, `[100]`, "[0]", "1E2", "100"},
		{"zero", `[-0.0e5]`, `[0]`, "[0]", "-0.0e5", "0"},
		{"escapes", `["caf\u00e9"]`, `["café"]`, "[0]", `"caf\u00e9"`, `"café"`},
		{"escape in a key", `{"\u0061":1}`, `{"a":1}`, "a", `key "\u0061"`, `key "a"`},
		{"white space", `{"a": 1}`, `{"a":1}`, "", `at byte 5: " 1}"`, `at byte 5: "1}"`},
		{"new line at the end", "{}\n", "{}", "", `at byte 2: "\n"`, `at byte 2: end`},

		{"no JSON", "hello world", "hello there", "", `at byte 6: "world"`, `at byte 6: "there"`},
		{"one is no JSON", `{"a":1}`, `{"a":1`, "", `at byte 6: "}"`, `at byte 6: end`},
		{"binary", "\xff\x00", "\xff\x01", "", `at byte 1: "\x00"`, `at byte 1: "\x01"`},
		{"empty", "", "{}", "", `at byte 0: end`, `at byte 0: "{}"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path, left, right, differ := jsondiff.First([]byte(tt.a), []byte(tt.b))
			if path != tt.path || left != tt.left || right != tt.right || !differ {
				t.Errorf("got %q, %q, %q, %v\nwant %q, %q, %q", path, left, right, differ, tt.path, tt.left, tt.right)
			}
			if path, left, right, differ := jsondiff.First([]byte(tt.a), []byte(tt.a)); path+left+right != "" || differ {
				t.Errorf("equal bytes: %q, %q, %q, %v", path, left, right, differ)
			}
		})
	}
}

// keys returns an object with the keys, and with eight more.
func keys(first, second string) string {
	text := fmt.Sprintf(`{"%s":1,"%s":1`, first, second)
	for i := range 8 {
		text += fmt.Sprintf(`,"%s":1`, strings.Repeat(fmt.Sprint(i), 8))
	}
	return text + "}"
}

// First finds the one leaf that was changed, in documents of any shape whose
// keys are in any order.
func TestFirstFindsTheChange(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 0))
		var leaves []string
		doc := randomValue(r, 4, "", &leaves)
		if len(leaves) == 0 || leaves[0] == "" {
			continue
		}
		changed := leaves[r.IntN(len(leaves))]
		a, b := encode(doc, "", "none"), encode(doc, "", changed)
		path, left, right, differ := jsondiff.First([]byte(a), []byte(b))
		if path != changed || left != "0" || right != "1" || !differ {
			t.Fatalf("seed %d: got %q, %q, %q, %v, want %q\n%s\n%s", seed, path, left, right, differ, changed, a, b)
		}
	}
}

func randomValue(r *rand.Rand, depth int, path string, leaves *[]string) any {
	switch n := r.IntN(4); {
	case depth > 0 && n < 2:
		object := map[string]any{}
		for i := range r.IntN(6) {
			name := fmt.Sprint("k", i)
			object[name] = randomValue(r, depth-1, strings.TrimPrefix(path+"."+name, "."), leaves)
		}
		return object
	case depth > 0 && n == 2:
		var array []any
		for i := range r.IntN(6) {
			array = append(array, randomValue(r, depth-1, fmt.Sprintf("%s[%d]", path, i), leaves))
		}
		return array
	}
	*leaves = append(*leaves, path)
	return nil
}

// encode writes 1 for the leaf at the path changed, and 0 for all others.
func encode(v any, path, changed string) string {
	switch v := v.(type) {
	case map[string]any:
		var members []string
		for name, value := range v { // in random order
			members = append(members, fmt.Sprintf("%q:%s", name, encode(value, strings.TrimPrefix(path+"."+name, "."), changed)))
		}
		return "{" + strings.Join(members, ",") + "}"
	case []any:
		var elements []string
		for i, value := range v {
			elements = append(elements, encode(value, fmt.Sprintf("%s[%d]", path, i), changed))
		}
		return "[" + strings.Join(elements, ",") + "]"
	}
	if path == changed {
		return "1"
	}
	return "0"
}

// Deep and wide texts take linear time, and their paths stay short.
func TestFirstOfLargeTexts(t *testing.T) {
	t.Parallel()
	deep := func(leaf string) []byte {
		return []byte(strings.Repeat(`{"a":[`, 4000) + leaf + strings.Repeat("]}", 4000))
	}
	if path, left, right, _ := jsondiff.First(deep("1"), deep("2")); !strings.HasPrefix(path, "a[0].a[0]") || len(path) > 210 || left != "1" || right != "2" {
		t.Errorf("deep: %q, %q, %q", path, left, right)
	}
	tooDeep := []byte(strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000))
	if path, left, _, differ := jsondiff.First(tooDeep, tooDeep[1:]); path != "" || !strings.HasPrefix(left, "at byte 19999") || !differ {
		t.Errorf("too deep: %q, %q, %v", path, left, differ)
	}
	var forward, backward []string
	for i := range 50_000 {
		forward = append(forward, fmt.Sprintf(`"k%d":0`, i))
		backward = append(backward, fmt.Sprintf(`"k%d":0`, 49_999-i))
	}
	object := func(members []string) []byte { return []byte("{" + strings.Join(members, ",") + "}") }
	if path, left, _, _ := jsondiff.First(object(forward), object(backward)); path != "" || !strings.HasPrefix(left, `keys "k0", "k1"`) {
		t.Errorf("wide: %q, %q", path, left)
	}
}

func FuzzFirst(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"a":[1,"x"]}`, `{"a":[1.0,"\u0078"]}`}, {"{}", "{} "}, {`[1e5]`, `[1e-5]`}, {`"\ud800"`, `"\ufffd"`},
		{`{"a":1,"a":2}`, `{"a":2,"a":1}`}, {"\xff", "x"}, {`{"\\":0}`, `{"\"":0}`}, {`[0.10]`, `[1e-1]`},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		path, left, right, differ := jsondiff.First(a, b)
		if differ != (string(a) != string(b)) {
			t.Errorf("differ: %v", differ)
		}
		if _, _, _, other := jsondiff.First(b, a); other != differ {
			t.Errorf("the other way round, differ is %v", other)
		}
		for _, text := range []string{path, left, right} {
			if len(text) > 210 || !utf8.ValidString(text) {
				t.Errorf("text %q", text)
			}
		}
		if len(left) > 80 || len(right) > 80 {
			t.Errorf("values of %d and %d bytes", len(left), len(right))
		}
		if differ && path == "" && left == right {
			t.Errorf("the same text on both sides: %q", left)
		}
		if differ && json.Valid(a) && json.Valid(b) && compact(a) == compact(b) && !strings.HasPrefix(left, "at byte ") {
			t.Errorf("only white space differs, but got %q, %q, %q", path, left, right)
		}
	})
}

func compact(text []byte) string {
	var out strings.Builder
	inString, escaped := false, false
	for _, c := range text {
		if !inString && strings.ContainsRune(" \t\r\n", rune(c)) {
			continue
		}
		if c == '"' && !escaped {
			inString = !inString
		}
		escaped = c == '\\' && !escaped
		out.WriteByte(c)
	}
	return out.String()
}
