package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/depgen/depgen/runtime/devgateway"
)

const gatewayTokenLong = `Print a token for a gateway with a secret that you have chosen.

The secret is that of the gateway, in ` + secretEnv + ` or --jwt-secret. Requests with
the token belong to the tenant, and share answers and invalidations only within it.`

const gatewayTokenExample = `  # Run a gateway with a chosen secret, and make a token for one hour
  export ` + secretEnv + `=$(openssl rand -hex 32)
  depgen gateway &
  export CACHECORE_TOKEN=$(depgen gateway token --tenant acme --ttl 1h)`

// newGatewayTokenCommand returns the command that makes tokens. The secret is
// the value of the gateway's own flag.
func newGatewayTokenCommand(secret *string) *cobra.Command {
	var tenant string
	var ttl time.Duration
	cmd := &cobra.Command{
		Use:               "token",
		Short:             "Print a token for a local gateway",
		Long:              gatewayTokenLong,
		Example:           gatewayTokenExample,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			key := cmp.Or(*secret, os.Getenv(secretEnv))
			switch {
			case cmd.Flag("jwt-secret").Changed && *secret == "":
				return errors.New("--jwt-secret is empty; leave it out for the secret in " + secretEnv)
			case key == "":
				return fmt.Errorf("no secret to sign the token with; set %s to the gateway's, or pass --jwt-secret", secretEnv)
			case tenant == "":
				return errors.New("--tenant is empty; name one, or leave it out for " + demoTenant)
			case cmd.Flags().Changed("ttl") && ttl < time.Second: // tokens end at a whole second
				return fmt.Errorf("--ttl %v is less than a second; give it more, or leave it out for a token that does not expire", ttl)
			}
			claims := devgateway.Claims{Tenant: tenant}
			if ttl > 0 {
				claims.Expires = time.Now().Add(ttl)
			}
			token, err := devgateway.Mint([]byte(key), claims)
			if err != nil {
				return fmt.Errorf("make token: %w", err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), token)
			return err
		},
	}
	cmd.Flags().StringVar(&tenant, "tenant", demoTenant, "tenant that requests with the token belong to")
	cmd.Flags().DurationVar(&ttl, "ttl", 0, "time until the token expires, such as 1h (default: it does not expire)")
	nameValue(cmd, "tenant", "name")
	return cmd
}
