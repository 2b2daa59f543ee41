// Command benchcached measures discovery with libkube beside client-go: it starts both programs that do the work,
// compares their answers, lets them take turns, and prints what it took as a table and as JSON. scripts/bench-cached.sh
// calls it.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"runtime"
)

type settings struct {
	server, pki, kubeconfig, work   string
	libkube, clientGo, bin, kubectl string
	json                            string
	rounds                          int
	only                            string
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("benchcached: ")
	var s settings
	cluster := flag.String("cluster", "", "the cluster's folder")
	flag.StringVar(&s.work, "work", "", "an empty folder for caches")
	flag.StringVar(&s.libkube, "libkube", "", "the program that does it with libkube")
	flag.StringVar(&s.clientGo, "client-go", "", "the program that does it with client-go")
	flag.StringVar(&s.bin, "bin", "", "folder of our programs")
	flag.StringVar(&s.kubectl, "kubectl", "", "kubectl")
	flag.StringVar(&s.json, "json", "", "file for the results")
	flag.IntVar(&s.rounds, "rounds", 31, "how often each takes its turn")
	flag.StringVar(&s.only, "only", "", "only rows whose name contains this")
	flag.Parse()
	server, err := os.ReadFile(filepath.Join(*cluster, "server"))
	if err != nil {
		log.Fatal(err)
	}
	s.server = firstLine(string(server))
	s.pki = filepath.Join(*cluster, "pki")
	s.kubeconfig = filepath.Join(*cluster, "admin.kubeconfig")
	if err := measureAll(&s); err != nil {
		log.Fatal(err)
	}
}

func measureAll(s *settings) error {
	p, err := startPeers(s)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := p.prepare(); err != nil {
		return err
	}
	if err := p.compareAnswers(); err != nil {
		return err
	}
	report := report{Processors: runtime.NumCPU(), Rounds: s.rounds}
	fmt.Printf("%d processors, %d rounds in turn; median (middle half); \"a / r\": r times as fast as a, pair by pair\n",
		report.Processors, s.rounds)
	for _, r := range rows {
		if !r.wanted(s.only) {
			continue
		}
		result, err := p.measure(r)
		if err != nil {
			return fmt.Errorf("%s: %w", r.title, err)
		}
		result.print(os.Stdout)
		report.Rows = append(report.Rows, result)
	}
	return report.write(s.json)
}
