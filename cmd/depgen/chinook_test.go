package main

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/testdata/schemas/chinook"
)

// TestChinookIsUpToDate requires that the package used below is up to date with
// its schema. To update it, run make generate.
func TestChinookIsUpToDate(t *testing.T) {
	t.Parallel()
	args := []string{
		"check",
		"--schema", "../../testdata/schemas/chinook.yaml",
		"--out", "../../testdata/schemas/chinook/deps_gen.go",
	}
	var stdout, stderr strings.Builder
	if code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr); code != exitOK {
		t.Errorf("exit code %d\n%s%s", code, &stderr, &stdout)
	}
}

// TestChinook uses the generated functions as an application with that
// database would.
func TestChinook(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		use         func(context.Context)
		invalidate  func(context.Context) error
		tagged      []string // the deps of an answer based on the data
		invalidated []string // the deps that a change to the data invalidates
	}{
		{
			name:        "table",
			use:         func(ctx context.Context) { chinook.UseTable(ctx, chinook.TableTrack) },
			invalidate:  func(ctx context.Context) error { return chinook.InvalidateTable(ctx, chinook.TableTrack) },
			tagged:      []string{"table:Track"},
			invalidated: []string{"table:Track"},
		},
		{
			name:        "row",
			use:         func(ctx context.Context) { chinook.UseAlbum(ctx, 1) },
			invalidate:  func(ctx context.Context) error { return chinook.InvalidateAlbum(ctx, 1) },
			tagged:      []string{"album:1"},
			invalidated: []string{"album:1", "table:Album"},
		},
		{
			name:        "rows found by a foreign key",
			use:         func(ctx context.Context) { chinook.UseArtistAlbums(ctx, 22) },
			invalidate:  func(ctx context.Context) error { return chinook.InvalidateArtistAlbums(ctx, 22) },
			tagged:      []string{"artist:22", "artist_albums:22"},
			invalidated: []string{"artist_albums:22", "table:Album"},
		},
		{
			name:       "row with a composite key",
			use:        func(ctx context.Context) { chinook.UsePlaylistTrack(ctx, 1, 3402) },
			invalidate: func(ctx context.Context) error { return chinook.InvalidatePlaylistTrack(ctx, 1, 3402) },
			tagged:     []string{"playlist:1", "playlist_track:1/3402", "track:3402"},
			invalidated: []string{
				"playlist_track:1/3402", "playlist_tracks:1", "table:PlaylistTrack", "track_playlists:3402",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			rec := cachecoretest.NewRecorder(t)
			ctx := cachecore.Track(cachecore.WithInvalidator(t.Context(), rec))

			tt.use(ctx)
			ask(ctx, t, rec.HTTPClient())
			if got := ids(rec.Requests()[0].Deps); !slices.Equal(got, tt.tagged) {
				t.Errorf("tagged with %q, want %q", got, tt.tagged)
			}

			if err := tt.invalidate(ctx); err != nil {
				t.Fatal(err)
			}
			if got := ids(rec.Invalidated()); !slices.Equal(got, tt.invalidated) {
				t.Errorf("invalidated %q, want %q", got, tt.invalidated)
			}
		})
	}
}

func ask(ctx context.Context, t *testing.T, client *http.Client) {
	t.Helper()
	body := strings.NewReader(`{"model":"any","messages":[{"role":"user","content":"What is on this album?"}]}`)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://llm.test/v1/chat/completions", body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
}

func ids(deps []cachecore.Dep) []string {
	out := make([]string, len(deps))
	for i, d := range deps {
		out[i] = d.ID()
	}
	slices.Sort(out)
	return out
}
