package main

type ID string

func main() {}
