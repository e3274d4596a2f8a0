package gen

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/depgen/depgen/gen/internal/gotypes"
)

func TestDefaultPackage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		folder    string
		files     map[string]string
		goPackage string
		want      string
		wantErr   string
		not       string // advice that the error must not give
	}{
		{name: "folder", folder: "deps", want: "deps"},
		{name: "folder with other characters", folder: "Go-Deps.v2", want: "godepsv2"},
		{name: "folder with leading digits", folder: "2024data", want: "data"},
		{name: "folder is a keyword", folder: "type", wantErr: `folder name "type" makes no package name; pass --package`},
		{name: "folder without letters", folder: "2024-01", wantErr: "pass --package"},
		{name: "folder is blank", folder: "_", wantErr: "pass --package"},
		{name: "folder is called main", folder: "main", wantErr: `folder name "main" makes no package name; pass --package`},
		{name: "folder is called init", folder: "init", wantErr: "pass --package"},
		{
			name: "files win over the folder", folder: "x",
			files: map[string]string{"a.go": "package shop"}, want: "shop",
		},
		{
			name: "files are main", folder: "x",
			files:   map[string]string{"a.go": "package main"},
			wantErr: "contains package main (a.go), which cannot be imported; generate into a folder of its own with --out",
			not:     "--package",
		},
		{
			name: "files are called main and are not", folder: "main",
			files: map[string]string{"a.go": "package shop"}, want: "shop",
		},
		{
			name: "only tests of the package", folder: "x",
			files: map[string]string{"a_test.go": "package shop"}, want: "shop",
		},
		{
			name: "only tests of their own package", folder: "x",
			files: map[string]string{"a_test.go": "package shop_test"}, want: "shop",
		},
		{
			name: "programs apart and broken files do not count", folder: "x",
			files: map[string]string{
				"b.go":  "//go:build ignore\n\npackage main",
				"c.go":  "pakage c",
				"_d.go": "package d",
				"e.txt": "package e",
			},
			want: "x",
		},
		{
			name: "generated file alone", folder: "x",
			files: map[string]string{"deps_gen.go": "package old"}, want: "old",
		},
		{
			name: "generated file among others", folder: "x",
			files: map[string]string{"deps_gen.go": "package old", "z.go": "package shop"}, want: "shop",
		},
		{
			name: "two packages", folder: "x",
			files:   map[string]string{"a.go": "package a", "b.go": "package b"},
			wantErr: "contains the packages a (a.go) and b (b.go), and Go allows one; move one of them to another folder",
			not:     "--package",
		},
		{name: "go generate in an empty folder", folder: "deps", goPackage: "app", want: "app"},
		{
			name: "go generate beside other files", folder: "x", goPackage: "app",
			files: map[string]string{"a.go": "package shop"}, want: "shop",
		},
		{name: "go generate in a program", folder: "deps", goPackage: "main", wantErr: "$GOPACKAGE is main, a package that cannot be imported"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), tt.folder)
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			for name, text := range tt.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			var got string
			folder, err := gotypes.ReadFolder(dir, "deps_gen.go")
			if err == nil {
				got, err = defaultPackage(folder, tt.goPackage)
			}
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) || tt.not != "" && strings.Contains(err.Error(), tt.not) {
					t.Errorf("error %v, want %q, and not %q", err, tt.wantErr, tt.not)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}
