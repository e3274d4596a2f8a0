package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/depgen/depgen/gen"
)

// newFileMode is the mode of a file that was not there before; others keep theirs.
const newFileMode fs.FileMode = 0o644

// generatedFile is what stands in the place of a generated file.
type generatedFile struct {
	path    string // behind symbolic links, for renaming onto a link would replace the link
	mode    fs.FileMode
	content []byte
	missing bool
}

// findGenerated reads the generated file at path. It returns an error if what stands there is not depgen's to overwrite.
func findGenerated(path string) (*generatedFile, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &generatedFile{path: path, mode: newFileMode, missing: true}, nil
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
		return nil, fmt.Errorf("%s is not a regular file: name another with --out", path)
	}
	content, err := os.ReadFile(target)
	if err != nil {
		return nil, fmt.Errorf("read generated file: %w", err)
	}
	if !bytes.HasPrefix(content, []byte(gen.Header)) {
		return nil, foundf("%s was not written by depgen, and is left as it is: remove it, or name another file with --out", path)
	}
	// Git may have checked the file out with the line ends of Windows; Go reads it as the same file.
	content = bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
	return &generatedFile{path: target, mode: info.Mode().Perm(), content: content}, nil
}

// writeGenerated makes content the content of the file at path. It does nothing if that is so already.
func writeGenerated(path string, content []byte) error {
	old, err := findGenerated(path)
	if err != nil {
		return err
	}
	if bytes.Equal(old.content, content) {
		return nil
	}
	return replaceFile(old.path, content, old.mode)
}

// replaceFile puts a new file in the place of the one at path, if any, in one step.
func replaceFile(path string, content []byte, mode fs.FileMode) (err error) {
	// The dot keeps the go command from ever seeing the temporary file.
	tmp, err := os.CreateTemp(filepath.Dir(path), ".depgen-*")
	if err != nil {
		return fmt.Errorf("create temporary file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name()) // err is what the user has to know
		}
	}()
	_, err = tmp.Write(content)
	if err == nil {
		err = tmp.Chmod(mode)
	}
	if err == nil {
		// Else a machine that goes down now could be left with an empty file.
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("write temporary file: %w", err)
	}
	if err = os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("replace generated file: %w", err)
	}
	return nil
}
