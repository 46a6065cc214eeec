//! HTML mail turned into text that a model can use, without what a person would not see.
