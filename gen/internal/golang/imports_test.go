package golang

import (
	"go/format"
	"testing"
)

func TestGroupImports(t *testing.T) {
	t.Parallel()
	const code = `// Code generated.

package deps

import (
	"context"
	cachecore2 "github.com/depgen/depgen/runtime/cachecore"
	"shop/model"
	"strconv"
)

// ID is no import (
type ID string

// import (
//	"fmt"
// )
`
	const want = `// Code generated.

package deps

import (
	"context"
	"shop/model"
	"strconv"

	cachecore2 "github.com/depgen/depgen/runtime/cachecore"
)

// ID is no import (
type ID string

// import (
//	"fmt"
// )
`
	got := string(groupImports([]byte(code)))
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if formatted, err := format.Source([]byte(got)); err != nil || string(formatted) != got {
		t.Errorf("gofmt changes it (%v):\n%s", err, formatted)
	}
}
