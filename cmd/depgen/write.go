package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/depgen/depgen/gen"
)

// newFileMode is the mode of a new file before the umask. Existing files keep
// theirs.
const newFileMode fs.FileMode = 0o666

// generatedFile is the existing file at the path of a generated file, if any.
type generatedFile struct {
	path    string // after following symbolic links, because renaming onto a link replaces it
	mode    fs.FileMode
	content []byte
	missing bool
}

// findGenerated reads the generated file at path. It returns an error for any
// other existing file, because depgen must not overwrite it.
func findGenerated(path string) (*generatedFile, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &generatedFile{path: path, missing: true}, nil
	case err != nil:
		return nil, fmt.Errorf("find generated file: %w", err)
	}
	target := path
	if info.Mode()&fs.ModeSymlink != 0 {
		if target, err = filepath.EvalSymlinks(path); err != nil {
			return nil, fmt.Errorf("follow link (remove it if it leads nowhere): %w", err)
		}
		if info, err = os.Lstat(target); err != nil {
			return nil, fmt.Errorf("find generated file: %w", err)
		}
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file; name another with --out", shown(path))
	}
	content, err := os.ReadFile(target)
	if err != nil {
		return nil, fmt.Errorf("read generated file: %w", err)
	}
	if !gen.IsGenerated(content) {
		return nil, foundf("%s was not written by depgen and is left as it is; remove it, or name another file with --out", shown(path))
	}
	// Git may have checked the file out with Windows line endings. For Go, it
	// is the same file.
	content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
	return &generatedFile{path: target, mode: info.Mode().Perm(), content: content}, nil
}

// writeGenerated writes content to the file at path, unless the file already
// contains it.
func writeGenerated(path string, content []byte) error {
	old, err := findGenerated(path)
	if err != nil {
		return err
	}
	removeStale(filepath.Dir(old.path))
	if bytes.Equal(old.content, content) {
		return nil
	}
	return replaceFile(old, content)
}

// temporary matches the names of temporary files, including those of older
// versions. The dot hides the files from the go command.
var temporary = regexp.MustCompile(`^\.depgen-([A-Z2-7]{26}|\d+)$`)

// staleAfter is far longer than a run keeps a temporary file.
const staleAfter = time.Minute

// removeStale removes the temporary files that killed runs have left in dir. A
// file that can't be removed does no harm.
func removeStale(dir string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if !e.Type().IsRegular() || !temporary.MatchString(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > staleAfter {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// replaceFile replaces the old file, if any, in one step.
func replaceFile(old *generatedFile, content []byte) (err error) {
	tmp, err := createTemporary(filepath.Dir(old.path))
	if err != nil {
		return fmt.Errorf("create temporary file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name()) // the user needs to see err, not this error
		}
	}()
	_, err = tmp.Write(content)
	if err == nil && !old.missing {
		err = tmp.Chmod(old.mode)
	}
	if err == nil {
		// Without Sync, a machine that crashes now could be left with an
		// empty file.
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("write temporary file: %w", err)
	}
	if err = os.Rename(tmp.Name(), old.path); err != nil {
		return fmt.Errorf("replace generated file: %w", err)
	}
	return nil
}

// createTemporary makes an empty file with the mode of a new file.
// os.CreateTemp uses another mode.
func createTemporary(dir string) (*os.File, error) {
	return os.OpenFile(filepath.Join(dir, ".depgen-"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, newFileMode)
}
