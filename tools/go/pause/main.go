// Pause is the first process of each pod on the real node: it holds the pod's namespaces, and takes in orphans.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for received := range signals {
		if received != syscall.SIGCHLD {
			return
		}
		for {
			gone, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
			if gone <= 0 && err != syscall.EINTR {
				break
			}
		}
	}
}
