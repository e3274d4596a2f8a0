package main

import (
	"strings"

	"github.com/spf13/cobra"
)

const completionLong = `Print a script that completes depgen's commands and flags in a shell.`

const completionExample = `  # bash, in ~/.bashrc
  source <(depgen completion bash)

  # zsh, once
  depgen completion zsh > "${fpath[1]}/_depgen"

  # fish, once
  depgen completion fish > ~/.config/fish/completions/depgen.fish

  # PowerShell, in the profile
  depgen completion powershell | Out-String | Invoke-Expression`

// newCompletionCommand replaces cobra's command, which shows help and exits 0
// when no shell is named.
func newCompletionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:       "completion (" + strings.Join(shells, " | ") + ")",
		Short:     "Print a shell's completion script",
		Long:      completionLong,
		Example:   completionExample,
		ValidArgs: shells,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || cobra.OnlyValidArgs(cmd, args) != nil {
				return usagef(cmd, "name one shell: %s", strings.Join(shells, ", "))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), cmd.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			default:
				return root.GenPowerShellCompletionWithDesc(out)
			}
		},
	}
}
